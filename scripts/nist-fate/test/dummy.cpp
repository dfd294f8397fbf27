// A library that does what its configuration and the picture say, for the test of agebench-nist-fate.
//
// config/behaviour.txt holds words: `no-estimate`, `no-verify`, `fail`. Of a picture the red of the upper left pixel is the
// return code (or 200: throws, 201: no number, 202: ends the process), the green of the lower right one the age (100 at most), the blue of
// the lower left one the age that scores are about, and the red of the upper right one must be 77.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>

#include <frvt_ae.h>

namespace {

class Dummy : public FRVT_AE::Interface {
public:
    FRVT::ReturnStatus initialize(const std::string &configDir) override {
        std::cout << "the library prints on standard output" << std::endl;
        std::ifstream file(configDir + "/behaviour.txt");
        for (std::string word; file >> word;) words_.insert(word);
        if (words_.count("fail") != 0) return {static_cast<FRVT::ReturnCode>(2), "no \"weights\""};
        return {FRVT::ReturnCode::Success};
    }

    FRVT::ReturnStatus estimateAge(const FRVT::Media &face, double &age) override {
        if (words_.count("no-estimate") != 0) return {FRVT::ReturnCode::NotImplemented};
        const auto status = code(face);
        age = std::min(at(face, -1, -1, 1), 100);
        if (at(face, 0, 0, 0) == 201) age = std::nan("");
        return status;
    }

    FRVT::ReturnStatus estimateAgeWithReference(const FRVT::Media &, const double, const FRVT::Media &, double &) override {
        return {FRVT::ReturnCode::NotImplemented};
    }

    FRVT::ReturnStatus verifyAge(const FRVT::Media &face, const double ageThreshold, double &score) override {
        if (words_.count("no-verify") != 0) return {FRVT::ReturnCode::NotImplemented};
        score = 0.5 + (at(face, 0, -1, 2) - ageThreshold) / 100;
        return code(face);
    }

private:
    // A channel of a pixel; -1 is the last column or row.
    static int at(const FRVT::Media &face, int column, int row, int channel) {
        const FRVT::Image &image = face.data.at(0);
        const int x = column < 0 ? image.width - 1 : column, y = row < 0 ? image.height - 1 : row;
        return image.data.get()[(y * image.width + x) * 3 + channel];
    }

    static FRVT::ReturnStatus code(const FRVT::Media &face) {
        std::cout << "and in every call" << std::endl;
        const int red = at(face, 0, 0, 0);
        if (red == 200) throw std::runtime_error("by order of the picture");
        if (red == 202) std::_Exit(9);
        if (face.data.size() != 1 || face.data[0].depth != 24 || face.type != FRVT::Media::Label::Image) return {};
        if (red < 128 && at(face, -1, 0, 0) != 77) return {FRVT::ReturnCode::UnknownError, "another upper right pixel"};
        return {static_cast<FRVT::ReturnCode>(red < 128 ? red : 0), red == 3 ? "too dark\n\xff" : ""};
    }

    std::set<std::string> words_;
};

} // namespace

std::shared_ptr<FRVT_AE::Interface> FRVT_AE::Interface::getImplementation() { return std::make_shared<Dummy>(); }
