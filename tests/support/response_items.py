"""One item of every kind that OpenAI's Responses and the Agents SDK write, and items for Hypothesis to draw."""

from typing import Any, Final

from hypothesis import strategies as st

type Item = dict[str, Any]

_SAID: Final[Item] = {"type": "output_text", "text": "It is sunny", "annotations": [], "logprobs": []}
_CITED: Final[Item] = {**_SAID, "annotations": [{"type": "url_citation", "url": "https://a.test", "start_index": 0}]}

CHAT_ITEMS: Final[dict[str, Item]] = {
    "a user's text": {"role": "user", "content": "weather?"},
    "a system text": {"role": "system", "content": "be kind"},
    "a developer's text": {
        "type": "message",
        "role": "developer",
        "content": [{"type": "input_text", "text": "terse"}],
    },
    "a user's parts": {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "look", "prompt_cache_breakpoint": {"mode": "explicit"}},
            {"type": "input_image", "image_url": "https://a.test/1.png", "detail": "high", "file_id": None},
            {"type": "input_file", "file_id": "file_1", "filename": "a.pdf"},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        ],
        "status": "completed",
    },
    "a user's image by its file": {
        "role": "user",
        "content": [{"type": "input_text", "text": "and this"}, {"type": "input_image", "file_id": "file_2"}],
    },
    "an assistant's text": {"role": "assistant", "content": "It is sunny"},
    "an assistant's output": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "phase": "final_answer",
        "content": [_CITED, {"type": "refusal", "refusal": "no more"}],
    },
    "an assistant's output that was cut off": {
        "id": "__fake_id__",
        "type": "message",
        "role": "assistant",
        "status": "incomplete",
        "content": [_SAID],
        "provider_data": {"model": "m", "response_id": "r"},
    },
    "a call": {"type": "function_call", "call_id": "call_a", "name": "get_weather", "arguments": '{"city":"Rome"}'},
    "a call with all fields": {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_b",
        "name": "get_weather",
        "arguments": "{}",
        "status": "completed",
        "namespace": "tools",
        "caller": {"type": "program", "caller_id": "call_p"},
    },
    "an output": {"type": "function_call_output", "call_id": "call_a", "output": "sunny"},
    "an output of parts": {
        "type": "function_call_output",
        "call_id": "call_b",
        "output": [
            {"type": "input_text", "text": "sunny"},
            {"type": "input_text", "text": "see the picture"},
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
        ],
    },
    "a custom call": {"type": "custom_tool_call", "call_id": "call_c", "name": "grep", "input": "a*", "id": "ctc_1"},
    "a custom output": {"type": "custom_tool_call_output", "call_id": "call_c", "output": "found"},
}
"""Items that are chat messages, too; calls before their outputs."""

OPAQUE_ITEMS: Final[dict[str, Item]] = {
    "item_reference": {"id": "msg_1"},
    "encrypted": {"__enc__": 1, "v": 1, "kid": "hkdf-v1", "payload": "gAAA"},
    "reasoning": {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "thinking"}],
        "content": [{"type": "reasoning_text", "text": "hm"}],
        "encrypted_content": "gAAA",
    },
    "compaction": {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"},
    "compaction_trigger": {"type": "compaction_trigger"},
    "file": {"type": "file_search_call", "id": "fs_1", "queries": ["a"], "status": "completed", "results": None},
    "web": {
        "type": "web_search_call",
        "id": "ws_1",
        "action": {"type": "search", "query": "a"},
        "status": "failed",
    },
    "image": {"type": "image_generation_call", "id": "ig_1", "result": "AAAA", "status": "completed"},
    "computer": {
        "type": "computer_call",
        "id": "cu_1",
        "call_id": "call_d",
        "action": {"type": "click", "x": 1, "y": 2.5},
        "pending_safety_checks": [],
        "status": "completed",
    },
    "screen": {
        "type": "computer_call_output",
        "call_id": "call_d",
        "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,AAAA"},
        "acknowledged_safety_checks": [],
    },
    "code": {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "code": "1+1",
        "container_id": "cntr_1",
        "outputs": [{"type": "logs", "logs": "2"}],
        "status": "completed",
    },
    "local": {
        "type": "local_shell_call",
        "id": "lsh_1",
        "call_id": "call_e",
        "action": {"type": "exec", "command": ["ls"], "env": {}},
        "status": "completed",
    },
    "local out": {"type": "local_shell_call_output", "id": "lsh_1", "output": "{}"},
    "shell": {"type": "shell_call", "id": "sh_1", "call_id": "call_f", "action": {"commands": ["ls"]}},
    "shell out": {"type": "shell_call_output", "call_id": "call_f", "output": [{"stdout": "", "stderr": ""}]},
    "patch": {"type": "apply_patch_call", "call_id": "call_g", "operation": {"type": "delete_file", "path": "a"}},
    "patch out": {"type": "apply_patch_call_output", "call_id": "call_g", "status": "completed", "output": None},
    "search": {"type": "tool_search_call", "call_id": None, "execution": "server", "arguments": {"goal": 1}},
    "search out": {"type": "tool_search_output", "call_id": None, "execution": "server", "tools": []},
    "tools": {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": [{"type": "web_search"}]},
    "configuration": {"type": "configuration_update", "id": "cf_1", "reasoning": {"effort": "high"}},
    "program": {"type": "program", "id": "pr_1", "call_id": "call_p", "code": "f()", "fingerprint": "x"},
    "program out": {"type": "program_output", "id": "po_1", "call_id": "call_p", "result": None, "status": "ok"},
    "mcp tools": {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": [], "error": None},
    "mcp request": {
        "type": "mcp_approval_request",
        "id": "mcpr_1",
        "name": "n",
        "arguments": "{}",
        "server_label": "s",
    },
    "mcp response": {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
    "mcp": {"type": "mcp_call", "id": "mcp_1", "name": "n", "arguments": "{}", "server_label": "s", "output": "1"},
    "unknown": {"type": "what_comes_next", "id": "x_1", "nested": {"a": [1, 2.5, None, True, "nul \0"]}},
    "critic": {"type": "message", "role": "critic", "content": [{"type": "text", "text": "hm"}]},
    "blank": {"type": "message", "role": "user", "content": ""},
    "nothing to say": {"role": "user", "content": [{"type": "input_image", "file_id": "file_3"}]},
    "empty": {},
}
"""Items that no chat message has a form for."""

_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_TYPES: Final = sorted({str(one["type"]) for one in [*CHAT_ITEMS.values(), *OPAQUE_ITEMS.values()] if "type" in one})
_PARTS: Final = ["input_text", "output_text", "refusal", "input_image", "input_file", "input_audio", "text", "odd"]
_PART: Final = st.fixed_dictionaries(
    {"type": st.sampled_from(_PARTS) | _JSON},
    optional={
        name: st.text() | _JSON
        for name in ("text", "refusal", "image_url", "file_id", "file_data", "filename", "detail", "input_audio")
    },
)
_CONTENT: Final = st.text() | st.lists(_PART, max_size=3) | _JSON


def items() -> st.SearchStrategy[Item]:
    """Anything that has the fields of items, well formed or not."""
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(_TYPES) | _JSON,
            "role": st.sampled_from(["user", "assistant", "system", "developer", "tool", "critic"]) | _JSON,
            "content": _CONTENT,
            "output": _CONTENT,
            "call_id": st.sampled_from(["call_a", "call_b"]) | _JSON,
            "name": st.sampled_from(["f", "g"]) | _JSON,
            "arguments": st.text() | _JSON,
            "input": st.text() | _JSON,
            "status": st.sampled_from(["completed", "in_progress", "incomplete"]) | _JSON,
            "id": st.text() | _JSON,
            "extra": _JSON,
        },
    )
