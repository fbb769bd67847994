package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.core.Ordered;
import org.springframework.http.MediaType;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.ModelAndView;

/**
 * Says in one sentence what is wrong with a body that is not a JSON object, and with a
 * request that does not say that its body is JSON. Spring MVC looks at both before the
 * endpoint is asked, so the endpoint cannot say it. Answers for the litestream endpoint
 * only; thread-safe.
 */
public final class UnreadableBodyResolver implements HandlerExceptionResolver, Ordered {

	private static final String UNREADABLE = """
			{"error":"The body cannot be read: a JSON object with single values is expected, such as \
			{\\"timeout\\": \\"30s\\"}, or no body at all"}""";

	private static final String NOT_JSON = """
			{"error":"The request does not say that its body is JSON: send it with the header \
			Content-Type: application/json, also without a body"}""";

	private final PathMappedEndpoints endpoints;

	/**
	 * Creates the resolver for an application's endpoints.
	 * @param endpoints say below which path they are
	 */
	public UnreadableBodyResolver(PathMappedEndpoints endpoints) {
		this.endpoints = endpoints;
	}

	/** Before those that would answer without a sentence. */
	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public @Nullable ModelAndView resolveException(HttpServletRequest request, HttpServletResponse response,
			@Nullable Object handler, Exception ex) {
		if (ex instanceof HttpMessageNotReadableException && isOurs(request, handler)) {
			return answer(response, HttpServletResponse.SC_BAD_REQUEST, UNREADABLE);
		}
		if (ex instanceof HttpMediaTypeNotSupportedException && isForUs(request, handler)) {
			return answer(response, HttpServletResponse.SC_UNSUPPORTED_MEDIA_TYPE, NOT_JSON);
		}
		return null;
	}

	private static ModelAndView answer(HttpServletResponse response, int status, String json) {
		byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
		try {
			response.setStatus(status);
			response.setContentType(MediaType.APPLICATION_JSON_VALUE);
			response.setContentLength(bytes.length);
			response.getOutputStream().write(bytes);
			return new ModelAndView(); // answered: nothing is to be rendered
		}
		catch (IOException unsent) {
			throw new UncheckedIOException(unsent);
		}
	}

	/** An application may have a controller of its own at a path like ours. */
	private boolean isOurs(HttpServletRequest request, @Nullable Object handler) {
		String path = this.endpoints.getRootPath(EndpointId.of("litestream"));
		return path != null && handler instanceof HandlerMethod method
				&& method.getBeanType().getName().startsWith("org.springframework.boot.")
				&& String.valueOf(request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE))
					.endsWith("/%s/{database}/{operation}".formatted(path));
	}

	/** Without the right content type no handler was found, and only the path tells. */
	private boolean isForUs(HttpServletRequest request, @Nullable Object handler) {
		String path = this.endpoints.getPath(EndpointId.of("litestream"));
		return isOurs(request, handler) || (path != null && handler == null && "POST".equals(request.getMethod())
				&& request.getRequestURI().contains(path + "/"));
	}

}
