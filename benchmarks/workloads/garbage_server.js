// An HTTP server that makes garbage for each request and keeps none of it.
"use strict";

const http = require("http");

const server = http.createServer((request, response) => {
  const garbage = [];
  for (let number = 0; number < 500; number++) {
    garbage.push({ number, text: `${request.url} ${number}`.repeat(4) });
  }
  response.end(JSON.stringify(garbage.slice(0, 20)));
});

server.listen(Number(process.argv[2]), "127.0.0.1");
