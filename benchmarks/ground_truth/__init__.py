"""Does the attention find the steps that are known to matter?"""
