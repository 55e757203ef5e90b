// expects: says_what_each_phase_is_for
#include "two_workers.hpp"

using namespace saddle;

/// Passes on all but one of omd's members: the gradient would be taken at w, and h be written to an array that is not
/// there.
struct forgetful {
  omd inner;

  template <class T>
  rule_of<omd, T> at(std::int64_t step, int k) const {
    return inner.at<T>(step, k);
  }
  static constexpr int phases() { return omd::phases(); }
#ifdef SADDLE_ACCEPT
  static constexpr phase at_phase(int k) { return omd::at_phase(k); }
#endif
  static std::string name() { return "forgetful"; }
};

int main() { train(forgetful{}, identity{}, parameter_server{}); }
