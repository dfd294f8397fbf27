// agebench-nist-fate: a library with the interface of NIST's FATE AEV track (FRVT_AE::Interface, API 2.0) as a program that
// agebench can measure. It reads the protocol of docs/programs.md on standard input, hands each picture to the library, and
// answers on standard output. README.md says how to build and use it.
#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include <frvt_ae.h>

#include "request.hpp"

namespace {

// What came of one call: an outcome in the words of the protocol.
struct Failure {
    std::string status, reason;
};

enum class Use { Unset, Age, Scores };

// What NIST's return codes are in the words of agebench: a refusal is an answer, a face that was not found is told apart,
// everything else is a failure. The numbers are those of FRVT::ReturnCode; 16 has been dealt with before `ready`.
Failure failure(const char *function, const FRVT::ReturnStatus &status) {
    const int code = static_cast<int>(status.code);
    const char *word = code == 3 || code == 6 ? "refused" : code == 8 ? "no_subject" : "failed";
    std::string reason = std::string(function) + " gave code " + std::to_string(code);
    if (!status.info.empty()) reason += ": " + status.info;
    return {word, reason};
}

constexpr int NOT_IMPLEMENTED = 16;

bool succeeded(const FRVT::ReturnStatus &status) { return static_cast<int>(status.code) == 0; }

FRVT::Media media_of(std::uint16_t width, std::uint16_t height, std::shared_ptr<std::uint8_t> pixels) {
    FRVT::Image image;
    image.width = width;
    image.height = height;
    image.depth = 24;
    image.data = std::move(pixels);
    FRVT::Media media;
    media.type = FRVT::Media::Label::Image;
    media.data = {image};
    return media;
}

std::shared_ptr<std::uint8_t> buffer(std::size_t bytes) {
    return std::shared_ptr<std::uint8_t>(new std::uint8_t[bytes], std::default_delete<std::uint8_t[]>());
}

// A number that reads back as the same number, or a failure when JSON has no word for it.
std::string number(double value, const char *what) {
    if (!std::isfinite(value)) throw Failure{"failed", std::string(what) + " gave no finite number"};
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

class Program {
public:
    Program(FILE *out, std::shared_ptr<FRVT_AE::Interface> library, Use use) : out_(out), library_(std::move(library)), use_(use) {}

    // Whether the library implements what `use` needs: a gray picture is put to it once.
    bool implements(Use use) const {
        const std::size_t side = 128;
        auto pixels = buffer(side * side * 3);
        std::fill_n(pixels.get(), side * side * 3, std::uint8_t{128});
        const auto media = media_of(side, side, pixels);
        double value = 0;
        const auto status = use == Use::Age ? library_->estimateAge(media, value) : library_->verifyAge(media, 18, value);
        return static_cast<int>(status.code) != NOT_IMPLEMENTED;
    }

    void ready(const Request &hello) {
        limits_ = hello.limits;
        if (use_ == Use::Unset) use_ = implements(Use::Age) ? Use::Age : Use::Scores;
        if (!implements(use_))
            throw std::runtime_error(use_ == Use::Age ? "the library does not implement estimateAge" : "the library does not implement verifyAge");
        line(std::string("{\"type\":\"ready\",\"agebench\":1,\"name\":\"nist-fate\",\"media\":\"pixels\",\"answers\":[\"") +
             (use_ == Use::Age ? "age" : "scores") + "\"]}");
    }

    void attempt(const Request &request) {
        std::string head = "{\"type\":\"answer\",\"n\":" + std::to_string(request.n) + ",\"status\":";
        try {
            line(head + "\"answered\"," + answer(request) + "}");
        } catch (const Failure &failure) {
            line(head + json_text(failure.status) + ",\"reason\":" + json_text(failure.reason) + "}");
        }
    }

private:
    // The answer to one request, whose pixels follow it on standard input and are read whatever comes.
    std::string answer(const Request &request) {
        if (!request.bytes) throw Failure{"failed", "there are no pixels"};
        const std::uint64_t bytes = *request.bytes, width = request.width.value_or(0), height = request.height.value_or(0);
        auto pixels = buffer(bytes);
        std::cin.read(reinterpret_cast<char *>(pixels.get()), static_cast<std::streamsize>(bytes));
        if (!std::cin) throw std::runtime_error("the input ended within a picture");
        constexpr std::uint64_t most = std::numeric_limits<std::uint16_t>::max();
        if (width > most || height > most) throw Failure{"failed", "the interface has no picture of more than 65535 pixels a side"};
        if (width == 0 || height == 0 || bytes != width * height * 3) throw Failure{"failed", "the pixels do not fill the picture"};
        const auto media = media_of(static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height), std::move(pixels));
        try {
            return use_ == Use::Age ? age(media) : scores(media);
        } catch (const Failure &) {
            throw;
        } catch (const std::bad_alloc &) {
            throw Failure{"failed", "the library ran out of memory"};
        } catch (const std::exception &error) {
            throw Failure{"failed", std::string("the library threw: ") + error.what()};
        }
    }

    std::string age(const FRVT::Media &media) {
        double age = std::nan("");
        const auto status = library_->estimateAge(media, age);
        if (!succeeded(status)) throw failure("estimateAge", status);
        return "\"age\":" + number(age, "estimateAge");
    }

    // A score for each limit. The first code that is no success stands for the attempt: half an answer is none.
    std::string scores(const FRVT::Media &media) {
        std::string scores;
        for (const std::uint64_t limit : limits_) {
            double score = std::nan("");
            const auto status = library_->verifyAge(media, static_cast<double>(limit), score);
            if (!succeeded(status)) throw failure("verifyAge", status);
            scores += (scores.empty() ? "\"" : ",\"") + std::to_string(limit) + "\":" + number(score, "verifyAge");
        }
        return "\"scores\":{" + scores + "}";
    }

    void line(const std::string &text) {
        std::fputs((text + "\n").c_str(), out_);
        std::fflush(out_);
    }

    FILE *out_;
    std::shared_ptr<FRVT_AE::Interface> library_;
    Use use_;
    std::vector<std::uint64_t> limits_;
};

// Standard output for our answers alone: what the library prints there goes to the error stream.
FILE *own_output() {
    const int own = dup(STDOUT_FILENO);
    if (own < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) throw std::runtime_error("the system gives no file descriptor");
    FILE *out = fdopen(own, "w");
    if (out == nullptr) throw std::runtime_error("the system gives no stream");
    return out;
}

int run(int count, char **arguments) {
    std::string config;
    Use use = Use::Unset;
    for (int at = 1; at < count; ++at) {
        const std::string name = arguments[at], value = at + 1 < count ? arguments[at + 1] : "";
        if (name == "--config" && !value.empty()) {
            config = value;
        } else if (name == "--answer" && (value == "age" || value == "scores")) {
            use = value == "age" ? Use::Age : Use::Scores;
        } else {
            throw std::runtime_error("`" + name + "` is not understood: expected --config FOLDER, and --answer age or --answer scores");
        }
        ++at;
    }
    if (config.empty()) throw std::runtime_error("--config FOLDER is missing: the folder that `initialize` is given");
    FILE *out = own_output();
    const auto library = FRVT_AE::Interface::getImplementation();
    if (!library) throw std::runtime_error("getImplementation gave nothing");
    const auto status = library->initialize(config);
    if (!succeeded(status)) throw std::runtime_error(failure("initialize", status).reason);
    Program program(out, library, use);
    std::ios::sync_with_stdio(false);
    for (std::string text; std::getline(std::cin, text);) {
        const Request request = parse_request(text);
        if (request.type == "hello") {
            program.ready(request);
        } else if (request.type == "attempt") {
            program.attempt(request);
        } else if (request.type == "bye") {
            break;
        }
    }
    return 0;
}

} // namespace

int main(int count, char **arguments) {
    try {
        return run(count, arguments);
    } catch (const std::exception &error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
}
