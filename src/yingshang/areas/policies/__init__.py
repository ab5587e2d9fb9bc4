"""Policies 政策: from an official document to enterprises that know about it. Others import `api`."""
