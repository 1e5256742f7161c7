"""The apps that the service is measured against."""
