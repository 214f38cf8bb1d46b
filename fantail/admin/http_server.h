// The admin port: gives pages over HTTP, and gets one from another program's. The only code that
// includes cpp-httplib.
//
// Thread: Start and Stop belong to one owner; the pages are asked for by threads of its own.
// Ownership: keeps the function that it was given.
// Limits: 8 requests at a time, one a connection, of no body; 2 s for each read. Beyond loopback a
//   firewall has to say who may connect: eight who send their request byte by byte fill it.
#ifndef FANTAIL_ADMIN_HTTP_SERVER_H_
#define FANTAIL_ADMIN_HTTP_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/admin/pages.h"
#include "fantail/app/endpoint.h"

namespace fantail::admin {

class HttpServer {
 public:
  using Give = std::function<Page(std::string_view path)>;

  explicit HttpServer(Give give);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens at a tcp endpoint and begins to answer; gives the endpoint with the port that the
  // kernel picked. An error says what is wrong with it, without naming the option.
  absl::StatusOr<std::string> Start(const app::Endpoint& endpoint);

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

// The page of a program that runs. Unavailable, with the reason, if nobody answers within 5 s.
absl::StatusOr<Page> GetPage(const app::Endpoint& endpoint, const std::string& path);

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_HTTP_SERVER_H_
