"""What tests share: servers, people, processes, forms."""
