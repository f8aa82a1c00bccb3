"""What runs in Airflow's scheduler when something has happened."""
