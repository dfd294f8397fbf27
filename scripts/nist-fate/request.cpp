// JSON, as much of it as a request needs: every value is passed over correctly, and the known ones are kept.
#include "request.hpp"

#include <cstdio>
#include <stdexcept>

namespace {

class Reader {
public:
    explicit Reader(const std::string &text) : text_(text) {}

    void expect(char wanted) {
        if (peek() != wanted)
            throw std::runtime_error(std::string("expected ") + wanted + " at byte " + std::to_string(at_));
        ++at_;
    }

    bool take(char wanted) {
        if (peek() != wanted) return false;
        ++at_;
        return true;
    }

    // A string; escapes are passed over as they stand, because no value that is kept has any.
    std::string string() {
        expect('"');
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
        if (at_ >= text_.size()) throw std::runtime_error("a string without an end");
        return text_.substr(begin, at_++ - begin);
    }

    // A whole number, or none when there is another value, which is passed over.
    std::optional<std::uint64_t> whole() {
        const std::size_t begin = (peek(), at_);
        pass();
        const std::string value = text_.substr(begin, at_ - begin);
        if (value.empty() || value.size() > 19 || value.find_first_not_of("0123456789") != std::string::npos) return {};
        return std::stoull(value);
    }

    // Passes over one value.
    void pass() {
        switch (peek()) {
        case '"': string(); return;
        case '{':
        case '[': {
            const char open = text_[at_++], close = open == '{' ? '}' : ']';
            if (++depth_ > 64) throw std::runtime_error("nested too deep");
            if (!take(close)) {
                do {
                    if (open == '{') {
                        string();
                        expect(':');
                    }
                    pass();
                } while (take(','));
                expect(close);
            }
            --depth_;
            return;
        }
        default: {
            const std::size_t end = text_.find_first_of(",]} \t\r\n", at_);
            if (end == at_ || at_ >= text_.size()) throw std::runtime_error("a value is missing");
            at_ = end == std::string::npos ? text_.size() : end;
        }
        }
    }

private:
    char peek() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n')) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    const std::string &text_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

// The bytes of the UTF-8 character that begins at `at`, 0 when none does.
std::size_t utf8(const std::string &text, std::size_t at) {
    const auto byte = [&](std::size_t place) { return place < text.size() ? static_cast<unsigned char>(text[place]) : 0U; };
    const unsigned first = byte(at);
    const std::size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
    for (std::size_t place = 1; place < length; ++place)
        if ((byte(at + place) & 0xC0) != 0x80) return 0;
    // Overlong forms, surrogates, and what lies beyond the last character.
    const unsigned second = byte(at + 1);
    const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return wrong ? 0 : length;
}

} // namespace

Request parse_request(const std::string &line) {
    Reader reader(line);
    Request request;
    reader.expect('{');
    if (reader.take('}')) return request;
    do {
        const std::string name = reader.string();
        reader.expect(':');
        if (name == "type") {
            request.type = reader.string();
        } else if (name == "n") {
            request.n = reader.whole().value_or(0);
        } else if (name == "bytes") {
            request.bytes = reader.whole();
        } else if (name == "width") {
            request.width = reader.whole();
        } else if (name == "height") {
            request.height = reader.whole();
        } else if (name == "limits") {
            reader.expect('[');
            if (!reader.take(']')) {
                do {
                    if (const auto limit = reader.whole()) request.limits.push_back(*limit);
                } while (reader.take(','));
                reader.expect(']');
            }
        } else {
            reader.pass();
        }
    } while (reader.take(','));
    reader.expect('}');
    return request;
}

std::string json_text(const std::string &text) {
    std::string json = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8(text, at);
        if (length == 1 && (text[at] == '"' || text[at] == '\\')) {
            json += {'\\', text[at]};
        } else if (length == 0 || (length == 1 && (static_cast<unsigned char>(text[at]) < 0x20 || text[at] == 0x7F))) {
            json += '?';
        } else {
            json.append(text, at, length);
        }
        at += length == 0 ? 1 : length;
    }
    return json + '"';
}
