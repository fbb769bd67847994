package org.litestream4j.boot.ui;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.servlet.DispatcherServlet;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.LitestreamEndpoint;
import org.litestream4j.boot.actuate.RestoredFiles;
import org.litestream4j.boot.autoconfigure.LitestreamEndpointAutoConfiguration;

/**
 * What the page needs of the endpoint: that what it restores can be fetched. The page
 * itself comes with {@link LitestreamUiManagementContextConfiguration}.
 */
@AutoConfiguration(before = LitestreamEndpointAutoConfiguration.class)
@ConditionalOnClass({ ConditionalOnAvailableEndpoint.class, DispatcherServlet.class })
@ConditionalOnBooleanProperty(name = "litestream.ui.enabled", matchIfMissing = true)
public final class LitestreamUiAutoConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(LitestreamUiAutoConfiguration.class);

	/** Says why there is no page, to whoever has added it and looks for it. */
	@Bean
	SmartInitializingSingleton litestreamPageNotice(ObjectProvider<Litestream> litestream,
			ObjectProvider<RestoredFiles> restored) {
		return () -> {
			if (litestream.getIfAvailable() != null && restored.getIfAvailable() == null) {
				logger.warn(
						"The page of litestream-spring-boot-ui is not served: it needs a servlet web application, and the"
								+ " endpoint litestream exposed over HTTP (management.endpoints.web.exposure.include)");
			}
		};
	}

	/** For a servlet web application. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@ConditionalOnClass(PathMappedEndpoints.class)
	static class ServletConfiguration {

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnAvailableEndpoint(endpoint = LitestreamEndpoint.class, exposure = EndpointExposure.WEB)
		RestoredFiles litestreamRestoredFiles() {
			return new RestoredFiles();
		}

	}

}
