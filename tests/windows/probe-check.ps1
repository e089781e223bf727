#Requires -Version 5.1
<#
.SYNOPSIS
Runs the operator's probe on this Windows host as the container runtime would, and says what the operator would make
of it.

.DESCRIPTION
The command line is read from probe-line.txt beside this script, which a unit test keeps equal to what the operator
puts into its pods. It is run through "cmd /c" as one string, as on hosts with file binding, or with -Direct without
cmd, as on hosts that have none.

The account that is judged is the one that runs this script. For the answer of NT AUTHORITY\SYSTEM run it as SYSTEM,
for example as a scheduled task, or in a host process container.

Exits with 0 for True, 1 for False, 2 for Unknown.

.PARAMETER CommandLine
The command line to run instead of the one in probe-line.txt.

.PARAMETER Direct
Starts powershell.exe without cmd.

.PARAMETER Constrained
Puts the probe into the constrained language mode first, which makes it take its fallback to whoami.exe. A host whose
policy enforces that mode is the better test, but refuses this script too unless the policy allows it: type the line of
probe-line.txt into a cmd window there.

.EXAMPLE
.\probe-check.ps1

.EXAMPLE
.\probe-check.ps1 -Constrained
#>
[CmdletBinding()]
param(
    [string] $CommandLine,
    [switch] $Direct,
    [switch] $Constrained
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$ReportPrefix = 'hostprocess.dev/admin-rights '
$PlainPrefix = 'Process has admin rights:'

function Get-Verdict([string] $Log) {
    $json = $null
    $plain = $null
    foreach ($raw in $Log -split "`r?`n") {
        $line = $raw.Trim()
        if ($null -eq $json -and $line.StartsWith($ReportPrefix)) { $json = $line.Substring($ReportPrefix.Length) }
        if ($null -eq $plain -and $line.StartsWith($PlainPrefix)) { $plain = $line.Substring($PlainPrefix.Length).Trim() }
    }
    if ($null -ne $json) { return Get-JsonVerdict $json }
    if ($plain -ceq 'True' -or $plain -ceq 'False') { return $plain, 'the line for people says so, without a SID' }
    if ($null -eq $plain) { return 'Unknown', 'the output holds no report' }
    if ($plain -eq '') { return 'Unknown', 'the line for people is blank' }
    return 'Unknown', "the line for people says '$plain'"
}

function Get-JsonVerdict([string] $Json) {
    try { $report = $Json | ConvertFrom-Json } catch { $report = $null }
    if ($null -eq $report) { return 'Unknown', "this is no JSON object: $Json" }
    $fields = @{ version = $null; admin = $null; sid = $null; error = $null }
    foreach ($property in $report.PSObject.Properties) { $fields[$property.Name] = $property.Value }
    if ($fields.version -ne 1) { return 'Unknown', 'it is no report of version 1' }
    if ($null -ne $fields.error) { return 'Unknown', "the probe failed with $($fields.error)" }
    if ($fields.admin -isnot [bool]) { return 'Unknown', 'it has no answer' }
    if ($null -eq $fields.sid) { return [string] $fields.admin, 'the report names no SID' }
    if ($fields.sid -like 'S-1-5-93-2-*') { return 'False', "$($fields.sid) is an account of ordinary containers" }
    return [string] $fields.admin, "the report is about $($fields.sid)"
}

function Invoke-CommandLine([string] $Line) {
    $program, $arguments = $Line -split ' ', 2
    $start = New-Object System.Diagnostics.ProcessStartInfo -ArgumentList $program, $arguments
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $errors = $process.StandardError.ReadToEndAsync()
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    return $output, $errors.Result, $process.ExitCode
}

if (-not $CommandLine) {
    $CommandLine = (Get-Content -Raw -LiteralPath (Join-Path $PSScriptRoot 'probe-line.txt')).Trim()
}
if ($Constrained) {
    $mode = "-Command `"`$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'; "
    $CommandLine = $CommandLine.Replace('-Command "', $mode)
}
if (-not $Direct) { $CommandLine = "cmd /c $CommandLine" }

$output, $errors, $exitCode = Invoke-CommandLine $CommandLine
$status, $why = Get-Verdict $output
$longest = ($output -split "`r?`n" | Measure-Object -Property Length -Maximum).Maximum

Write-Output "host:      $([Environment]::OSVersion.VersionString), PowerShell $($PSVersionTable.PSVersion)"
Write-Output "account:   $([Security.Principal.WindowsIdentity]::GetCurrent().User.Value)"
Write-Output "command:   $($CommandLine.Length) characters"
Write-Output 'output:'
$output -split "`r?`n" | ForEach-Object { Write-Output "  | $_" }
if ($errors) {
    Write-Output 'errors:'
    $errors -split "`r?`n" | ForEach-Object { Write-Output "  | $_" }
}
Write-Output "longest:   $longest characters in a line"
Write-Output "exit code: $exitCode (must be 0)"
Write-Output "admin:     $status ($why)"

if ($exitCode -ne 0) { $status = 'Unknown' }
exit @{ 'True' = 0; 'False' = 1; 'Unknown' = 2 }[$status]
