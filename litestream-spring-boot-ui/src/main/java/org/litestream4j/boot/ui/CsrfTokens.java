package org.litestream4j.boot.ui;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.util.ClassUtils;

/**
 * What Spring Security wants to see with every request that changes something, if it is
 * there, is in charge of the page, and wants to see anything.
 */
final class CsrfTokens {

	private static final boolean SECURITY = ClassUtils.isPresent("org.springframework.security.web.csrf.CsrfToken",
			CsrfTokens.class.getClassLoader());

	private CsrfTokens() {
	}

	/** The name of a header and its value; empty if there is nothing to send. */
	static Header of(HttpServletRequest request) {
		return SECURITY ? Security.token(request) : Header.NONE;
	}

	/**
	 * A header.
	 *
	 * @param name its name; empty for none
	 * @param value its value
	 */
	record Header(String name, String value) {

		static final Header NONE = new Header("", "");

	}

	/** Loaded only if Spring Security is there. */
	private static final class Security {

		static Header token(HttpServletRequest request) {
			return (request.getAttribute(CsrfToken.class.getName()) instanceof CsrfToken token)
					? new Header(token.getHeaderName(), token.getToken()) : Header.NONE;
		}

	}

}
