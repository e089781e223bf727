{{- $knob := get (.metadata.annotations | default dict) "sim.hostprocess.dev/fault" }}
{{- $first := first .spec.containers }}
{{- $fault := regexFind "${FAULT_WORDS}" (printf "%s %s %s" $knob $first.image .spec.nodeName) }}
{{- $reason := "PodOSNotSupported" }}
{{- $why := "Failed to admit pod as the OS field doesn't match node OS" }}
{{- if hasSuffix "evicted" $fault }}
  {{- $reason = "Evicted" }}
  {{- $why = printf "The node was low on resource: ephemeral-storage. Threshold quantity: 21474836480, available: 18345Mi. Container %s was using 4193600Ki, request is 0, has larger consumption of ephemeral-storage. " $first.name }}
{{- end }}
