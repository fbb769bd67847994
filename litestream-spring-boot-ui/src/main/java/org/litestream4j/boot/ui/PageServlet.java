package org.litestream4j.boot.ui;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.web.util.HtmlUtils;

/**
 * Serves the files of the page, which are the same for everybody and tell nothing: all
 * that the page shows it asks the endpoint for, in the name of whoever looks at it. A
 * servlet and no controller, as it is in the application's own web server or in that of
 * the actuator, and both take one. Thread-safe.
 */
final class PageServlet extends HttpServlet {

	private static final long serialVersionUID = 1L;

	/** Nothing else is served, so no path can lead anywhere else. */
	private static final List<String> FILES = List.of("icon.svg", "css/base.css", "css/page.css", "js/api.js",
			"js/app.js", "js/changes.js", "js/compare.js", "js/dom.js", "js/files.js", "js/format.js", "js/list.js",
			"js/main.js", "js/points.js", "js/poll.js", "js/progress.js", "js/replicas.js", "js/restore.js",
			"js/status.js", "js/timeline.js");

	private static final Map<String, String> TYPES = Map.of("css", "text/css;charset=UTF-8", "js",
			"text/javascript;charset=UTF-8", "svg", "image/svg+xml;charset=UTF-8");

	private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
			+ "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

	private final String page;

	private final Map<String, PageFile> files;

	/**
	 * Creates the servlet.
	 * @param endpoint where the endpoint is, relative to the page
	 */
	PageServlet(String endpoint) {
		this.page = new String(read("index.html"), StandardCharsets.UTF_8).replace("{endpoint}",
				HtmlUtils.htmlEscape(endpoint));
		Map<String, PageFile> read = new LinkedHashMap<>();
		FILES.forEach((name) -> read.put("/" + name, PageFile.of(name)));
		this.files = Map.copyOf(read);
	}

	private static byte[] read(String name) {
		try (InputStream in = PageServlet.class.getResourceAsStream("page/" + name)) {
			if (in == null) {
				throw new IllegalStateException("the file " + name + " of the page is missing");
			}
			return in.readAllBytes();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
		String path = request.getPathInfo();
		if (path == null) {
			// relative, as a proxy may have another name and path for this
			String uri = request.getRequestURI();
			response.setStatus(HttpServletResponse.SC_FOUND);
			response.setHeader(HttpHeaders.LOCATION, uri.substring(uri.lastIndexOf('/') + 1) + "/");
			return;
		}
		PageFile file = this.files.get(path);
		if (file == null && !path.equals("/")) {
			response.sendError(HttpServletResponse.SC_NOT_FOUND);
			return;
		}
		protect(response);
		if (file != null) {
			serve(file, request, response);
		}
		else {
			servePage(request, response);
		}
	}

	private static void protect(HttpServletResponse response) {
		response.setHeader("Content-Security-Policy", POLICY);
		response.setHeader("X-Content-Type-Options", "nosniff");
		response.setHeader("X-Frame-Options", "DENY");
		response.setHeader("Referrer-Policy", "no-referrer");
		response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
		response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
	}

	private void servePage(HttpServletRequest request, HttpServletResponse response) throws IOException {
		CsrfTokens.Header token = CsrfTokens.of(request);
		String html = this.page.replace("{csrf-header}", HtmlUtils.htmlEscape(token.name()))
			.replace("{csrf-token}", HtmlUtils.htmlEscape(token.value()));
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		write(response, "text/html;charset=UTF-8", html.getBytes(StandardCharsets.UTF_8));
	}

	private static void serve(PageFile file, HttpServletRequest request, HttpServletResponse response)
			throws IOException {
		// the modules name each other without a version: one that is not the newest must
		// not be mixed with the others
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
		response.setHeader(HttpHeaders.ETAG, file.tag());
		if (file.tag().equals(request.getHeader(HttpHeaders.IF_NONE_MATCH))) {
			response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
			return;
		}
		write(response, file.type(), file.content());
	}

	private static void write(HttpServletResponse response, String type, byte[] content) throws IOException {
		response.setContentType(type);
		response.setContentLength(content.length);
		response.getOutputStream().write(content);
	}

	/** A file, as it is sent. */
	private static final class PageFile {

		private final String type;

		private final byte[] content;

		private final String tag;

		private PageFile(String type, byte[] content, String tag) {
			this.type = type;
			this.content = content;
			this.tag = tag;
		}

		static PageFile of(String name) {
			byte[] content = read(name);
			String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
			if (type == null) {
				throw new IllegalStateException("no media type is known for " + name);
			}
			return new PageFile(type, content, "\"" + HexFormat.of().formatHex(digest(content), 0, 8) + "\"");
		}

		private static byte[] digest(byte[] content) {
			try {
				return MessageDigest.getInstance("SHA-256").digest(content);
			}
			catch (NoSuchAlgorithmException ex) {
				throw new IllegalStateException(ex); // every JVM has it
			}
		}

		String type() {
			return this.type;
		}

		byte[] content() {
			return this.content;
		}

		String tag() {
			return this.tag;
		}

	}

}
