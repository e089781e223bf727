"""What Argo CD makes of a HostProcessAgent: the health check that is shipped for it, run as Argo CD runs it."""

from pathlib import Path

import lupa.lua51

CUSTOMIZATIONS = Path(__file__).parents[2] / "deploy" / "argocd" / "resource_customizations"
FOLDER = CUSTOMIZATIONS / "hostprocess.dev" / "HostProcessAgent"
# All that a script gets here: Argo CD opens no library for one in argocd-cm unless it is told to.
BASE = ("assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber", "tostring", "type", "unpack")


def argo_health(resource, script=None):
    """Return status and message that the health check gives to a resource.

    Args:
        resource: a dict in API spelling.
        script: the check, by default the one in `health.lua`.
    """
    lua = lupa.lua51.LuaRuntime(register_eval=False, register_builtins=False)
    script = script or (FOLDER / "health.lua").read_text()
    run = lua.eval(f"""
        function(script, obj)
          local base = {{ obj = obj }}
          for _, name in ipairs({{ {", ".join(map(repr, BASE))} }}) do base[name] = _G[name] end
          getmetatable("").__index = nil
          return setfenv(assert(loadstring(script)), base)()
        end
    """)
    health = run(script, lua.table_from(resource, recursive=True))
    return health["status"], health["message"]
