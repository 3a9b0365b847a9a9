// Starts Swagger UI; a file of its own because the page's policy allows no script inside it.
"use strict";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  validatorUrl: null,
  /* A path stands inside the button that opens it: as words, for a link there cannot be reached by everybody. */
  plugins: [
    {
      wrapComponents: {
        DeepLink: (_, { React }) => ({ text }) => React.createElement("span", null, text),
      },
    },
  ],
  requestInterceptor: (request) => {
    const language = document.documentElement.lang;
    if (!Object.keys(request.headers).some((name) => name.toLowerCase() === "accept-language")) {
      request.headers["Accept-Language"] = language;
    }
    return request;
  },
});
