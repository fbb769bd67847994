package org.litestream4j.boot.ui;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletPath;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.web.servlet.DispatcherServlet;

import org.litestream4j.boot.actuate.LitestreamEndpoint;

/**
 * Serves the page where the endpoint is: by the application's web server, or by that of
 * the actuator if it has a port of its own.
 */
@ManagementContextConfiguration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({ DispatcherServlet.class, DispatcherServletPath.class })
@ConditionalOnBooleanProperty(name = "litestream.ui.enabled", matchIfMissing = true)
@ConditionalOnAvailableEndpoint(endpoint = LitestreamEndpoint.class, exposure = EndpointExposure.WEB)
@EnableConfigurationProperties(LitestreamUiProperties.class)
public final class LitestreamUiManagementContextConfiguration {

	private static final EndpointId ENDPOINT = EndpointId.of("litestream");

	/** Nothing is replicated, so there is no endpoint, and will not be a page. */
	private static final String NOWHERE = "/-";

	/** After whoever finds out who is asking. */
	private static final int AFTER_SECURITY = 0;

	@Bean
	ServletRegistrationBean<PageServlet> litestreamPage(LitestreamUiProperties properties,
			PathMappedEndpoints endpoints, ObjectProvider<DispatcherServletPath> dispatcher, Environment environment) {
		String endpoint = endpoints.getPath(ENDPOINT);
		PagePath path = new PagePath(properties.path(), (endpoint != null) ? endpoint : NOWHERE);
		ServletRegistrationBean<PageServlet> registration = new ServletRegistrationBean<>(
				new PageServlet(path.relativeEndpoint()), prefix(dispatcher, environment) + path.path() + "/*");
		registration.setName("litestreamPage");
		registration.setEnabled(endpoint != null);
		return registration;
	}

	@Bean
	FilterRegistrationBean<EndpointGuard> litestreamEndpointGuard(LitestreamUiProperties properties,
			PathMappedEndpoints endpoints, ObjectProvider<DispatcherServletPath> dispatcher, Environment environment) {
		FilterRegistrationBean<EndpointGuard> registration = new FilterRegistrationBean<>(
				new EndpointGuard(new AllowedHosts(properties.allowedHosts())));
		String endpoint = endpoints.getPath(ENDPOINT);
		registration.setEnabled(endpoint != null);
		registration.addUrlPatterns(prefix(dispatcher, environment) + ((endpoint != null) ? endpoint : NOWHERE) + "/*");
		registration.setOrder(AFTER_SECURITY);
		return registration;
	}

	/**
	 * That of the application's servlet, which the actuator's own server does not have.
	 */
	private static String prefix(ObjectProvider<DispatcherServletPath> dispatcher, Environment environment) {
		@Nullable DispatcherServletPath path = (ManagementPortType.get(environment) == ManagementPortType.SAME)
				? dispatcher.getIfAvailable() : null;
		return (path != null) ? path.getPrefix() : "";
	}

}
