"""What datasets are worth: small nets that learn from them, tried on what people photographed and measured."""
