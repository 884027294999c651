# Starts ministack 1.5.33 with faults corrected that the deploy test meets; each is told where it is corrected.
# It ends when its standard input does, so that it never outlives the test that started it.
# Every correction holds on to a text or a name of that version, and it does not start when that is not there.

import json
import math
import os
import re
import signal
import sys
import threading
from datetime import datetime, timezone

from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, responses
from ministack.services import cloudwatch, cloudwatch_logs, eventbridge, lambda_svc, stepfunctions
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

local = threading.local()


def replaced(text, old, new):
    if text.count(old) != 1:
        raise SystemExit(f"this ministack has another form, expected once: {old}")
    return text.replace(old, new)


def around(module, name):
    """Puts a function around one of a module's: def f(inner, *args)."""

    def put(outer):
        inner = getattr(module, name)
        setattr(module, name, lambda *args, **named: outer(inner, *args, **named))
        return outer

    return put


# Fault: the name of an error that a function on Node throws is lost, and no state machine can match it.
lambda_runtime._NODEJS_WORKER_SCRIPT = replaced(
    lambda_runtime._NODEJS_WORKER_SCRIPT,
    "error: String(err.message || err),",
    "error: String(err.message || err), name: err.name,",
)


@around(lambda_runtime.Worker, "invoke")
def invoke_and_note_name(inner, *args, **named):
    answer = inner(*args, **named)
    local.error_name = answer.get("name")
    return answer


@around(lambda_svc, "_execute_function_warm")
def execute_with_name(inner, *args, **named):
    local.error_name = None
    answer = inner(*args, **named)
    if answer.get("error") and local.error_name:
        answer["body"]["errorType"] = local.error_name
    return answer


# Fault: the scheduled time is not filled into the input of a schedule.
@around(eventbridge, "_invoke_target")
def invoke_with_time(inner, target, event, *rest):
    if event.get("Source") == "aws.scheduler" and target.get("Input"):
        # It looks every ten seconds for what is due, which is at the beginning of a minute.
        due = datetime.fromtimestamp(event["Time"] // 60 * 60, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        filled = target["Input"].replace("<aws.scheduler.scheduled-time>", due)
        unknown = re.search("<aws\\.scheduler\\.[a-z-]+>", filled)
        if unknown:
            raise ValueError(f"nobody fills in {unknown.group()}")
        target = {**target, "Input": filled}
    return inner(target, event, *rest)


# Fault: a task that waits for its token goes on waiting when the function that was given the token fails.
@around(stepfunctions, "_invoke_with_callback")
def invoke_with_token(inner, resource, data, token, state):
    local.token = token
    machines[token] = local.machine
    try:
        return inner(resource, data, token, state)
    finally:
        local.token = None


@around(stepfunctions, "_call_lambda")
def call_and_fail_token(inner, *args):
    token = getattr(local, "token", None)
    try:
        return inner(*args)
    except stepfunctions._ExecutionError as error:
        waiting = stepfunctions._task_tokens.get(token) if token else None
        if waiting:
            waiting["error"] = {"Error": error.error, "Cause": error.cause}
            waiting["event"].set()
        raise


# Fault of the rights: who answers a token is not asked for the right on its state machine, but on everything.
machines = {}


@around(stepfunctions, "_run_execution")
def run_and_note_machine(inner, execution):
    local.machine = execution.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    return inner(execution)


# Fault of the rights: streams of a log group are asked for without the last part of their names.
@around(iam_actions, "extract_resource_arn")
def extract_whole_arn(inner, service, method, path, headers, body, *rest):
    arn = inner(service, method, path, headers, body, *rest)
    if service == "logs" and ":log-group:" in arn and not arn.endswith(":*"):
        return f"{arn}:*"
    if service == "states" and b'"taskToken"' in body:
        return machines.get(json.loads(body)["taskToken"], arn)
    return arn


# Fault of the rights: a service of AWS that takes a role does not say for which account.
@around(iam_evaluator, "evaluate_trust_policy")
def evaluate_with_account(inner, document, caller, context=None):
    if context is not None and caller.endswith(":root"):
        context.service_context["aws:sourceaccount"] = context.principal_account
    return inner(document, caller, context)


# What stands for ECS speaks in its name, which AWS lets nobody else do.
@around(eventbridge, "_put_events")
def put_events_of_ecs(inner, data, allow_aws_source=False):
    sources = {entry.get("Source") for entry in data.get("Entries", [])}
    return inner(data, allow_aws_source=allow_aws_source or sources == {"aws.ecs"})


# Fault: a line of the log in the embedded metric format becomes no metric.
@around(cloudwatch_logs, "_append_log_events")
def append_and_measure(inner, stream, events):
    inner(stream, events)
    for event in events:
        if not event["message"].startswith('{"_aws":'):
            continue
        line = json.loads(event["message"])
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: line[name] for name in names}
                for metric in directive["Metrics"]:
                    name = metric["Name"]
                    cloudwatch.record_metric(directive["Namespace"], name, line[name], metric["Unit"], dimensions)
        cloudwatch._evaluate_all_alarms()


# Fault: an alarm on metric math is refused. The one metric below its expression is kept, and the expression is calculated.
@around(provisioners, "_cw_metric_alarm_record")
def record_with_math(inner, name, props):
    if not props.get("Metrics"):
        return inner(name, props)
    (expression,) = [one["Expression"] for one in props["Metrics"] if "Expression" in one]
    (source,) = [one for one in props["Metrics"] if "MetricStat" in one]
    stat = source["MetricStat"]
    plain = {key: value for key, value in props.items() if key != "Metrics"}
    alarm = inner(name, {**plain, **stat["Metric"], "Period": stat["Period"], "Statistic": stat["Stat"]})
    return {**alarm, "expression": expression.replace(source["Id"], "value")}


@around(cloudwatch, "_evaluate_alarm")
def evaluate_with_math(inner, alarm):
    local.expression = alarm.get("expression")
    try:
        return inner(alarm)
    finally:
        local.expression = None


@around(cloudwatch, "_stat_value")
def calculate(inner, *args):
    value = inner(*args)
    expression = getattr(local, "expression", None)
    return eval(expression, {"FLOOR": math.floor, "value": value}) if expression else value


# Fault: a condition of a template does not know the region.
for module in (changesets, engine, handlers, stacks):

    @around(module, "_evaluate_conditions")
    def evaluate_with_region(inner, template, params):
        return inner(template, {**params, "AWS::Region": {"Value": responses.get_region()}})


# With TLS it would also listen on port 443.
app._port_is_bindable = lambda host, port: False


def end_with_parent():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=end_with_parent, daemon=True).start()
app.main()
