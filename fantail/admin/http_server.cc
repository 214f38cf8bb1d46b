#include "fantail/admin/http_server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <cstring>
#include <thread>

namespace fantail::admin {
namespace {

constexpr size_t kThreads = 8;
constexpr std::chrono::seconds kReadTimeout(2);
constexpr std::chrono::seconds kPatience(5);

// httplib's own options share the port with whoever else asks for it, and two programs at one
// admin port would each answer now and then.
void TakeThePortAlone(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

std::string HostOf(const app::Endpoint& endpoint) {
  return endpoint.host == "*" ? "0.0.0.0" : endpoint.host;
}

}  // namespace

struct HttpServer::Parts {
  httplib::Server server;
  std::thread thread;
};

HttpServer::HttpServer(Give give) : parts_(std::make_unique<Parts>()) {
  httplib::Server& server = parts_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_socket_options(TakeThePortAlone);
  server.set_keep_alive_max_count(1);
  server.set_read_timeout(kReadTimeout);
  server.set_write_timeout(kReadTimeout);
  server.set_payload_max_length(0);
  server.Get(
      ".*", [give = std::move(give)](const httplib::Request& request, httplib::Response& response) {
        Page page = give(request.path);
        response.status = page.status;
        response.set_header("Cache-Control", "no-store");
        response.set_content(std::move(page.body), std::string(page.type));
      });
}

HttpServer::~HttpServer() {
  if (!parts_->thread.joinable()) return;
  parts_->server.stop();
  parts_->thread.join();
}

absl::StatusOr<std::string> HttpServer::Start(const app::Endpoint& endpoint) {
  httplib::Server& server = parts_->server;
  int port = endpoint.port;
  errno = 0;
  if (port == 0) {
    port = server.bind_to_any_port(HostOf(endpoint));
  } else if (!server.bind_to_port(HostOf(endpoint), port)) {
    port = -1;
  }
  if (port < 0) {
    return absl::UnavailableError(
        fmt::format("cannot listen there: {}; choose another port", std::strerror(errno)));
  }
  parts_->thread = std::thread([&server] { server.listen_after_bind(); });
  // Stopping it before it has begun would be lost on it.
  while (!server.is_running()) std::this_thread::yield();
  return fmt::format("tcp://{}:{}", endpoint.host, port);
}

absl::StatusOr<Page> GetPage(const app::Endpoint& endpoint, const std::string& path) {
  httplib::Client client(endpoint.host, endpoint.port);
  client.set_connection_timeout(kPatience);
  client.set_read_timeout(kPatience);
  const httplib::Result result = client.Get(path);
  if (!result) {
    return absl::UnavailableError(
        result.error() == httplib::Error::Connection
            ? "nothing answers there; is it the --admin of a program that runs?"
            : "no answer in HTTP within 5 s; is it the --admin of a program?");
  }
  return Page{.status = result->status, .body = result->body};
}

}  // namespace fantail::admin
