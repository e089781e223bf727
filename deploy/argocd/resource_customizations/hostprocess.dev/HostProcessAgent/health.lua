-- Health of a HostProcessAgent. Its status is kstatus-compatible: observedGeneration, Ready, Reconciling, Stalled.
-- One thing goes beyond kstatus: what moves on only when a person says so, and is not broken, is Suspended.

local status = obj.status
if status == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The operator has not seen this generation of the spec yet." }
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function is_true(name)
  return conditions[name] ~= nil and conditions[name].status == "True"
end

-- Reconciling and Stalled carry the reason and the message of Ready.
local ready = conditions.Ready or {}
local health = { status = "Progressing", message = ready.message or "" }
if is_true("Stalled") then
  health.status = "Degraded"
elseif obj.spec.suspend == true or ready.reason == "AwaitingApproval" then
  health.status = "Suspended"
elseif not is_true("Reconciling") and is_true("Ready") then
  health.status = "Healthy"
end
return health
