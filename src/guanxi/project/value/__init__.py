"""What `guanxi value` computes from files, without a database: each function returns what is printed."""
