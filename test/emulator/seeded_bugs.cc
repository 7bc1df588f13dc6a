// Runs every case of seeded_bugs.cu in a process of its own under several schedules, and prints a JSON object a line:
// {"name": …, "memory": must the memory build find it, "race": must the race build, "found": …, "message": …}
#include "seeded_bugs.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

struct Schedule {
  emu::Order order;
  uint64_t seed;
};
constexpr Schedule kSchedules[] = {{emu::Order::forward, 1}, {emu::Order::reverse, 1}, {emu::Order::random, 1}, {emu::Order::random, 2}};

// What a child that runs the case says before it dies; empty if it ends well.
std::string complaint(const Case& test, const Schedule& schedule) {
  int ends[2];
  if (pipe(ends) != 0) return "pipe failed";
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    emu::config().order = schedule.order;
    emu::config().seed = schedule.seed;
    emu::config().workers = 1;
    test.run();
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, size_t(count));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return text.empty() ? "died in silence" : text;
}

std::string first_line(const std::string& text) {
  size_t start = std::min({text.find("emulator: "), text.find("ERROR: "), text.find("runtime error: ")});
  if (start == std::string::npos) start = 0;
  std::string line = text.substr(start, text.find('\n', start) - start), escaped;
  for (char c : line) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

int main() {
  for (const Case& test : cases()) {
    std::string said;
    for (const Schedule& schedule : kSchedules)
      if (said.empty()) said = complaint(test, schedule);
    auto by = [&](Finder finder) { return test.finder == finder || test.finder == Finder::both ? "true" : "false"; };
    std::printf("{\"name\":\"%s\",\"memory\":%s,\"race\":%s,\"found\":%s,\"message\":\"%s\"}\n", test.name, by(Finder::memory),
                by(Finder::race), said.empty() ? "false" : "true", first_line(said).c_str());
    std::fflush(stdout);
  }
}
