r"""The probe's command line: what the init container runs to report the rights of the pod's account.

It must survive every hand it passes through unchanged, which is why it looks as it does:

- Kubernetes expands `$(NAME)` and turns `$$` into `$`: the script has neither.
- The container runtime joins the arguments into one command line and puts the script in double quotes, because it
  has spaces. A newline would end the command, and a double quote would need escapes that the next hand reads
  otherwise, so there is none; the script makes its JSON with `~` in their place.
- On hosts with file binding the runtime puts `cmd /c` in front. Inside quotes cmd still expands `%NAME%`, and `!NAME!`
  where delayed expansion is switched on for the machine. None of `% ^ & | < > !` occurs.

And why it does what it does:

- No cmdlet is called. The image's environment is merged into the process, and a PSModulePath that was meant for
  PowerShell 7 keeps Windows PowerShell from loading the modules that even Write-Output comes from.
- Rights and user are asked for and printed as SIDs: names are translated, and leave Windows in an OEM code page.
- Where the language mode forbids calls into .NET, whoami.exe is asked. It lists the Administrators group also for a
  token that may only be denied by it, so the integrity label has to be high or system too. A whoami that says
  nothing is an error, not the answer "no".
- The operator's line comes first: whoever sees the line for people has the whole report already, so a log that is read
  too early never passes for a report without a SID.
- The line stays under 80 characters for every service account: consoles that wrap do not split it.
- It exits 0 whatever it finds: a probe must never take an agent down. Only where powershell.exe may not be started, by
  AppLocker for example, it fails; `AgentLog` and `None` do without it.
"""

from __future__ import annotations

from typing import Final

from hostprocess_operator.api.names import GROUP

REPORT_PREFIX: Final = f"{GROUP}/admin-rights "
"""Starts the line for the operator; one JSON object follows."""

PLAIN_PREFIX: Final = "Process has admin rights:"
"""Starts the line for people; ` True` or ` False` follows."""

_ADMINISTRATORS: Final = "S-1-5-32-544"
_WHOAMI: Final = r"C:\Windows\System32\whoami.exe"

_ASK_DOTNET: Final = (
    "$i = [Security.Principal.WindowsIdentity]::GetCurrent(); "
    "$a = ([Security.Principal.WindowsPrincipal]$i)"
    f".IsInRole([Security.Principal.SecurityIdentifier]'{_ADMINISTRATORS}'); "
    "$s = $i.User.Value"
)

# \x22 is a double quote: only a whole field of whoami's CSV output counts, never a part of a name.
_ASK_WHOAMI: Final = (
    f"$g = [string]({_WHOAMI} /groups /fo csv /nh); "
    f"$u = [string]({_WHOAMI} /user /fo csv /nh); "
    r"if ($u -match ',\x22(S-1-[0-9-]+)\x22$') { $s = $Matches[1] } else { throw 'WhoamiPrintedNoUser' }; "
    r"if ($g -notmatch ',\x22S-1-16-') { throw 'WhoamiPrintedNoGroups' }; "
    rf"$a = ($g -match ',\x22{_ADMINISTRATORS}\x22') -and ($g -match ',\x22S-1-16-1[26]')"
)

_PRINT: Final = (
    "if ($a -is [bool]) { $j = '~admin~:' + ([string]$a).ToLower() + ',~sid~:~' + $s + '~' } "
    r"else { $a = 'unknown'; $j = '~error~:~' + ($e -replace '[\W\P{IsBasicLatin}]', '.') + '~' }; "
    f"('{REPORT_PREFIX}{{~version~:1,' + $j + '}}') -replace '~', [char]34; "
    f"'{PLAIN_PREFIX} ' + $a; exit 0"
)

_SCRIPT: Final = (
    f"try {{ {_ASK_DOTNET} }} "
    f"catch {{ try {{ $a = $null; {_ASK_WHOAMI} }} "
    "catch { $a = $null; $e = $_.FullyQualifiedErrorId } }; "
    f"{_PRINT}"
)

PROBE_COMMAND: Final = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _SCRIPT)
"""Command of the probe container: Windows PowerShell 5.1 of the host, no profile, no script file to forbid."""
