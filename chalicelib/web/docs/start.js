// Opens Swagger UI on the document that lies beside this page.
window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({ url: "./openapi.json", dom_id: "#documentation", deepLinking: true, validatorUrl: null });
});
