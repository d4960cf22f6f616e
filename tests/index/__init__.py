"""Tests of the index of customers."""
