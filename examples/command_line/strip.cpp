#include "strip.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "output_file.hpp"

namespace command_line {

strip_file::strip_file(std::string path, std::int64_t kept) : path_(std::move(path)), kept_(kept) {}

bool strip_file::begin(canvas const& row) {
  if (path_.empty() || kept_ < 0) return true;
  std::ifstream file(path_, std::ios::binary);
  std::string note;
  canvas there = read_png({std::istreambuf_iterator<char>(file), {}}, note);
  std::istringstream numbers(note);
  std::vector<std::int64_t> const steps{std::istream_iterator<std::int64_t>(numbers), {}};
  if (steps.empty() || there.width != row.width || there.height != row.height * static_cast<int>(steps.size()))
    return false;
  while (steps_.size() < steps.size() && steps[steps_.size()] <= kept_) steps_.push_back(steps[steps_.size()]);
  there.pixels.resize(steps_.size() * row.pixels.size());
  there.height = row.height * static_cast<int>(steps_.size());
  all_ = std::move(there);
  return true;
}

void strip_file::add(std::int64_t step, canvas const& row) {
  if (path_.empty()) return;
  std::string const path = std::exchange(path_, "");  // for good where the file cannot be written
  steps_.push_back(step);
  all_.width = row.width;
  all_.height += row.height;
  all_.pixels.insert(all_.pixels.end(), row.pixels.begin(), row.pixels.end());
  std::string note;
  for (std::int64_t const s : steps_) note.append(note.empty() ? "" : " ").append(std::to_string(s));
  write_file(path, png(all_, note));
  path_ = path;
}

}  // namespace command_line
