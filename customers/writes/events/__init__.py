"""Events from Codat: verified, stored once, and processed afterwards."""
