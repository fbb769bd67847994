package org.litestream4j.sample;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Answers no request that is meant for another host, be it for the page, the API or the
 * actuator: see {@link AllowedHosts}.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
@EnableConfigurationProperties(AllowedHosts.class)
class HostCheck extends OncePerRequestFilter {

	private static final byte[] ANSWER = """
			{"error":"This server does not answer under that name: open it as localhost, or add the name to \
			notes.allowed-hosts."}""".getBytes(StandardCharsets.UTF_8);

	private final AllowedHosts hosts;

	HostCheck(AllowedHosts hosts) {
		this.hosts = hosts;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		// the header itself: forwarded ones can be set by any script
		if (this.hosts.allows(request.getHeader(HttpHeaders.HOST))) {
			chain.doFilter(request, response);
			return;
		}
		response.setStatus(HttpStatus.MISDIRECTED_REQUEST.value());
		response.setContentType(MediaType.APPLICATION_JSON_VALUE);
		response.setContentLength(ANSWER.length);
		response.getOutputStream().write(ANSWER);
	}

}
