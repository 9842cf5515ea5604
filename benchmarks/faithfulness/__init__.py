"""What the faithfulness report says where the answer is known, and what it costs."""
