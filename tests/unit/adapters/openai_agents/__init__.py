"""What runs on the Agents SDK, with a scripted model."""
