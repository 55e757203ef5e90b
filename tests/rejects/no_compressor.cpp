// expects: adds_what_it_decodes
#include "two_workers.hpp"

using namespace saddle;

/// It encodes as identity does, and has no add.
struct lossy : identity {
  static std::string name() { return "lossy"; }
  void add() const = delete;
};

int main() {
  train(omd{}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, lossy{}, parameter_server{});
#endif
}
