"""The tutorial's transformation: some columns of the products, as CSV or JSON."""
