"""The tutorial's transformation: keeps some columns of the products, as CSV or JSON."""
