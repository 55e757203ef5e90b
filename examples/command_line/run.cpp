#include "run.hpp"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace command_line {
namespace {

namespace fs = std::filesystem;

/// Without an error where there is no such file, or its name is too long.
fs::path canonical(std::string const& path) {
  std::error_code error;
  fs::path const there = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? fs::absolute(path, error).lexically_normal() : there;
}
bool is_same(std::string const& a, std::string const& b) {
  std::error_code ignored;
  return canonical(a) == canonical(b) || fs::equivalent(a, b, ignored);
}

std::vector<std::pair<char const*, std::string>> outputs_of(run_options const& o) {
  std::vector<std::pair<char const*, std::string>> all;
  for (auto const& [option, path] : {std::pair{"--json", o.json}, {"--samples", o.samples},
                                     {"--samples-csv", o.samples_csv}, {"--strip", o.strip}, {"--log", o.log},
                                     {"--checkpoint", o.checkpoint}, {"--export", o.exported}})
    if (!path.empty()) all.emplace_back(option, path);
  return all;
}

run_options const& checked(run_options const& o, std::vector<std::string> inputs) {
  auto const outputs = outputs_of(o);
  for (auto one = outputs.begin(); one != outputs.end(); ++one) {
    auto const& [option, path] = *one;
    bool const is_checkpoint = path == o.checkpoint;
    if (is_stream(path)) {
      if (is_checkpoint || path == o.strip || (o.samples_every > 0 && (path == o.samples || path == o.samples_csv)))
        throw std::invalid_argument(std::string(option) + ": " + path + " is no regular file");
    } else {
      for (auto other = outputs.begin(); other != one; ++other)
        if (is_same(path, other->second)) throw std::invalid_argument("two outputs are named " + path);
      for (std::string const& input : inputs)
        if (!input.empty() && is_same(path, input))
          throw std::invalid_argument(std::string(option) + ": " + path + " is read by this run");
      if (!is_checkpoint && !o.resume.empty() && is_same(path, o.resume))
        throw std::invalid_argument(std::string(option) + ": " + path + " is the checkpoint that is resumed");
    }
    expect_writable(path);
  }
  if (o.samples_every > 0)
    for (std::string const& path : {o.samples, o.samples_csv})
      if (!path.empty()) expect_writable(at_step(path, o.steps));
  return o;
}

/// As a row of CSV: what there is not is an empty cell.
std::string cells(nlohmann::ordered_json const& row) {
  std::string text;
  for (auto const& value : row) text.append(text.empty() ? "" : ",").append(value.is_null() ? "" : value.dump());
  return text + "\n";
}
std::string names(nlohmann::ordered_json const& row) {
  std::string text;
  for (auto const& [name, value] : row.items()) text.append(text.empty() ? "" : ",").append(name);
  return text + "\n";
}

/// The last step whose evaluation is kept. The last one of a run is evaluated again where nothing else is left to do.
std::int64_t kept(run_options const& o, std::int64_t first) {
  return o.resume.empty() ? -1 : first < o.steps ? first : first - 1;
}

}  // namespace

std::string at_step(std::string const& path, std::int64_t step) {
  fs::path const p(path);
  return (p.parent_path() / (p.stem().string() + "-" + std::to_string(step) + p.extension().string())).string();
}

run_files::run_files(run_options const& o, bool is_first, std::int64_t first, std::vector<std::string> const& inputs,
                     nlohmann::ordered_json const& row)
    : o_(is_first ? checked(o, inputs) : run_options{}),
      log_(o_.log, names(row), kept(o, first)),
      strip_(o_.strip, kept(o, first)),
      is_first_(is_first) {}

void run_files::report(std::exception const& e) {
  if (is_first_) fail(e, 1);
  failed_ = true;
}

void run_files::begin(data_set const& data) {
  attempt([&] { log_.begin(); });
  attempt([&] { continues_strip_ = strip_.begin(strip_row(data, {})); });
}
void run_files::add(nlohmann::ordered_json const& row, std::int64_t step, data_set const& data,
                    saddle::samples const& generated) {
  attempt([&] { log_.add(cells(row)); });
  attempt([&] { strip_.add(step, strip_row(data, generated)); });
}

void run_files::write(data_set const& data, saddle::samples const& generated, std::optional<std::int64_t> step) {
  auto const named = [&](std::string const& path) { return step ? at_step(path, *step) : path; };
  if (!o_.samples.empty()) attempt([&] { write_file(named(o_.samples), picture(data, generated)); });
  if (!o_.samples_csv.empty()) attempt([&] { write_file(named(o_.samples_csv), table(generated)); });
}

void run_files::write(nlohmann::ordered_json const& summary) {
  if (!o_.json.empty()) write_file(o_.json, summary.dump(2) + "\n");
}

void run_files::write_exported(std::string const& bytes) { write_file(o_.exported, bytes); }

std::string run_files::in_words() const {
  std::string text;
  for (auto const& [option, path] : outputs_of(o_)) {
    std::int64_t const every = path == o_.checkpoint                                ? o_.every
                               : path == o_.samples || path == o_.samples_csv ? o_.samples_every
                               : path == o_.log || path == o_.strip           ? o_.evaluate_every
                                                                              : 0;
    text += (text.empty() ? "writes " : ", ") + path + (every > 0 ? " (every " + std::to_string(every) + " steps)" : "");
    if (path == o_.strip && !continues_strip_) text += " (anew: there is no strip of such a run)";
  }
  return text.empty() ? "writes no file: --json, --samples, --strip, --log and --checkpoint do" : text;
}

}  // namespace command_line
