"""Kubernetes shapes that a HostProcessAgent embeds, with Kubernetes' own names, fields and list types.

Every class is called what Kubernetes calls it. A field is here if a Windows host process can make use of it; a few
more are declared only to be refused with the way out, because people bring them along from existing manifests.
"""
