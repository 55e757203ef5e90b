#include "run.hpp"

#include <filesystem>
#include <set>

namespace command_line {
namespace {

run_options const& checked(run_options const& o) {
  std::set<std::string> names;
  for (std::string const& path : {o.json, o.samples, o.samples_csv, o.log, o.checkpoint})
    if (!path.empty() && !names.insert(std::filesystem::weakly_canonical(path).string()).second)
      throw std::invalid_argument("two outputs are named " + path);
  if (!o.checkpoint.empty()) expect_writable(o.checkpoint);
  return o;
}

}  // namespace

run_files::run_files(run_options const& o, bool is_first) : run_files(is_first ? checked(o) : run_options{}) {}

void run_files::commit() {
  for (output_file* const file : {&samples, &samples_csv, &log, &json}) file->commit();
}

}  // namespace command_line
