#pragma once
#include <string>

#include <saddle/config.hpp>

namespace command_line {

/// One line: the program, saddle's version, and what they were compiled with.
inline std::string version(std::string const& program, bool with_mpi = false) {
  std::string text = program + " (saddle " + std::to_string(SADDLE_VERSION_MAJOR) + "." +
                     std::to_string(SADDLE_VERSION_MINOR) + "." + std::to_string(SADDLE_VERSION_PATCH) + "), ";
#if defined(__clang__)
  text += "clang++ " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#elif defined(__GNUC__)
  text += "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
#ifdef SADDLE_BITWISE
  text += ", bitwise";
#else
  text += ", not bitwise";
#endif
  return text + (with_mpi ? ", with MPI\n" : ", without MPI\n");
}

}  // namespace command_line
