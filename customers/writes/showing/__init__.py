"""What pages show of writes: what each one changes, and which changes Codat's copy does not show yet."""
