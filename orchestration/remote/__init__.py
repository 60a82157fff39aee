"""Stores on another machine, over sftp:// and s3://: how they are reached, and what is said where they are not."""
