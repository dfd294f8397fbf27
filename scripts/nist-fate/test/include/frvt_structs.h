// For the test of agebench-nist-fate only: the part of NIST's frvt_structs.h (3.1) that it touches, written anew.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace FRVT {

struct Image {
    std::uint16_t width = 0;
    std::uint16_t height = 0;
    std::uint8_t depth = 24;
    std::shared_ptr<std::uint8_t> data;
};

struct Media {
    enum class Label { Image = 0, Video = 1 };
    Label type = Label::Image;
    std::vector<Image> data;
    std::uint8_t fps = 0;
};

enum class ReturnCode { Success = 0, UnknownError = 1, RefuseInput = 3, FaceDetectionError = 8, NotImplemented = 16 };

struct ReturnStatus {
    ReturnCode code = ReturnCode::UnknownError;
    std::string info;
    ReturnStatus() = default;
    ReturnStatus(ReturnCode code, const std::string &info = "") : code(code), info(info) {}
};

} // namespace FRVT
