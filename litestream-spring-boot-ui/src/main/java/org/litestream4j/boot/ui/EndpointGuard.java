package org.litestream4j.boot.ui;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Stands before the endpoint and looks at the requests of browsers. A web site that has
 * made its own name resolve to this server is refused: see {@link AllowedHosts}. Who is
 * signed in is let in under any name, as a browser keeps what it signs in with for the
 * name that it was meant for. Programs are let in as without the page: nobody can make
 * them call. What is fetched is saved and not shown, whatever is in it.
 */
final class EndpointGuard extends OncePerRequestFilter {

	private static final byte[] ANSWER = """
			{"error":"This server does not answer a browser under that name: sign in, open it as localhost or by its \
			address, or add the name to litestream.ui.allowed-hosts"}""".getBytes(StandardCharsets.UTF_8);

	private final AllowedHosts hosts;

	EndpointGuard(AllowedHosts hosts) {
		this.hosts = hosts;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		// the header itself: forwarded ones can be set by any script
		if (isOfBrowser(request) && request.getUserPrincipal() == null
				&& !this.hosts.allows(request.getHeader(HttpHeaders.HOST))) {
			refuse(response);
			return;
		}
		response.setHeader("X-Content-Type-Options", "nosniff");
		response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
		if (request.getRequestURI().contains("/restored/")) {
			response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
			response.setHeader("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'");
			if ("GET".equals(request.getMethod())) {
				response.setHeader(HttpHeaders.CONTENT_DISPOSITION, "attachment");
			}
		}
		chain.doFilter(request, response);
	}

	/** What no script in a browser can leave out: each sends at least one of them. */
	private static boolean isOfBrowser(HttpServletRequest request) {
		return request.getHeader(HttpHeaders.ACCEPT_LANGUAGE) != null || request.getHeader(HttpHeaders.ORIGIN) != null
				|| request.getHeader("Sec-Fetch-Mode") != null;
	}

	private static void refuse(HttpServletResponse response) throws IOException {
		response.setStatus(HttpStatus.MISDIRECTED_REQUEST.value());
		response.setContentType(MediaType.APPLICATION_JSON_VALUE);
		response.setContentLength(ANSWER.length);
		response.getOutputStream().write(ANSWER);
	}

}
