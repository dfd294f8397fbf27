// A line from agebench, read: the fields that this program looks at, and nothing of the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct Request {
    std::string type;
    std::uint64_t n = 0;
    std::vector<std::uint64_t> limits;
    std::optional<std::uint64_t> bytes, width, height;
};

// The request in `line`, a JSON object. Throws std::runtime_error when it is none.
Request parse_request(const std::string &line);

// `text` as a JSON string, in quotes; what is not UTF-8 or not printable becomes `?`.
std::string json_text(const std::string &text);
