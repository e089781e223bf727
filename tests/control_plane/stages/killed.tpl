{{- $pod := . }}
{{- $knob := get (.metadata.annotations | default dict) "sim.hostprocess.dev/fault" }}
{{- $container := dict }}{{ $fault := "" }}
{{- range .spec.containers }}
  {{- $own := regexFind "${FAULT_WORDS}" (printf "%s %s %s" $knob .image $pod.spec.nodeName) | trimPrefix "fail-" | trimPrefix "agent-" }}
  {{- if and (not $fault) (has $own (list "liveness" "startup" "hook")) }}{{ $container = . }}{{ $fault = $own }}{{ end }}
{{- end }}
{{- $field := printf "spec.containers{%s}" $container.name }}
{{- $count := 1 }}
{{- range .status.containerStatuses }}{{ if eq .name $container.name }}{{ $count = add1 .restartCount }}{{ end }}{{ end }}
