{{- $message := $event.message }}
{{- if hasKey $event "probe" }}
  {{- $probe := $event.probe | default dict }}
  {{- if hasKey $probe "exec" }}
    {{- $message = print $message "the agent does not answer" }}
  {{- else if hasKey $probe "tcpSocket" }}
    {{- $message = print $message (printf "dial tcp %s:%v: connectex: No connection could be made because the target machine actively refused it." $pod.status.hostIP $probe.tcpSocket.port) }}
  {{- else }}
    {{- $message = print $message "HTTP probe failed with statuscode: 503" }}
  {{- end }}
{{- end }}
apiVersion: v1
kind: Event
metadata:
  name: {{ printf "%s.%s" $pod.metadata.name (sha256sum (print $pod.metadata.uid $event.reason $event.field) | trunc 16) | Quote }}
  namespace: {{ $pod.metadata.namespace | Quote }}
involvedObject:
  apiVersion: v1
  kind: Pod
  namespace: {{ $pod.metadata.namespace | Quote }}
  name: {{ $pod.metadata.name | Quote }}
  uid: {{ $pod.metadata.uid | Quote }}
  {{- if $event.field }}
  fieldPath: {{ $event.field | Quote }}
  {{- end }}
type: {{ $event.type | default "Warning" }}
reason: {{ $event.reason }}
message: {{ $message | Quote }}
source: {component: kubelet, host: {{ $pod.spec.nodeName | Quote }}}
reportingComponent: kubelet
reportingInstance: {{ $pod.spec.nodeName | Quote }}
firstTimestamp: {{ $event.first | default $pod.status.startTime | default $pod.metadata.creationTimestamp | Quote }}
lastTimestamp: {{ dateInZone "2006-01-02T15:04:05Z07:00" now "UTC" | Quote }}
count: {{ $event.count | default 1 }}
