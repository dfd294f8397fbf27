// For the test of agebench-nist-fate only: the signatures of NIST's frvt_ae.h (API 2.0), written anew.
#pragma once

#include <frvt_structs.h>

namespace FRVT_AE {

class Interface {
public:
    virtual ~Interface() = default;
    virtual FRVT::ReturnStatus initialize(const std::string &configDir) = 0;
    virtual FRVT::ReturnStatus estimateAge(const FRVT::Media &face, double &age) = 0;
    virtual FRVT::ReturnStatus estimateAgeWithReference(const FRVT::Media &faceOne, const double ageOne, const FRVT::Media &faceTwo, double &age) = 0;
    virtual FRVT::ReturnStatus verifyAge(const FRVT::Media &face, const double ageThreshold, double &score) = 0;
    static std::shared_ptr<Interface> getImplementation();
};

} // namespace FRVT_AE
