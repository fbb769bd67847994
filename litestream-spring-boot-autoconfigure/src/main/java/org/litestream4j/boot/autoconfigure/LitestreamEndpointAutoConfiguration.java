package org.litestream4j.boot.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.servlet.HandlerExceptionResolver;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.EndpointSettings;
import org.litestream4j.boot.actuate.LitestreamEndpoint;
import org.litestream4j.boot.actuate.LitestreamEndpointWebExtension;
import org.litestream4j.boot.actuate.RestoredFiles;
import org.litestream4j.boot.actuate.UnknownArguments;
import org.litestream4j.boot.actuate.UnreadableBodyResolver;
import org.litestream4j.boot.replication.ReplicatedDatabases;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

/**
 * The actuator endpoint.
 */
@AutoConfiguration(after = { LitestreamAutoConfiguration.class, WebEndpointAutoConfiguration.class })
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean({ Litestream.class, ReplicatedDatabases.class })
public final class LitestreamEndpointAutoConfiguration {

	private static final List<String> CREDENTIALS = List.of("secretaccesskey", "accesskeyid", "sessiontoken");

	/** Of a store of whatever kind. */
	private static final List<String> SECRETS = List.of("password", "passphrase", "secret", "token", "key",
			"credentials");

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint
	LitestreamEndpoint litestreamEndpoint(Litestream litestream, ReplicatedDatabases databases,
			ObjectProvider<RestoredFiles> restored) {
		return new LitestreamEndpoint(litestream, (database) -> settings(database, databases),
				restored.getIfAvailable());
	}

	/** Those of the properties, unless somebody's own {@link Litestream} has others. */
	private static EndpointSettings settings(LitestreamDatabase database, ReplicatedDatabases databases) {
		return databases.find(database.options().name())
			.map(Replicated::settings)
			.map((settings) -> new EndpointSettings(settings.restoreDirectory(), settings.maxTimeout()))
			.orElseGet(() -> new EndpointSettings(
					database.options().metaDirectory().resolve("restores").toAbsolutePath().normalize(),
					Duration.ofMinutes(5)));
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnBean(LitestreamEndpoint.class)
	@ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
	LitestreamEndpointWebExtension litestreamEndpointWebExtension(LitestreamEndpoint endpoint) {
		return new LitestreamEndpointWebExtension(endpoint);
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint(endpoint = LitestreamEndpoint.class, exposure = EndpointExposure.WEB)
	UnknownArguments litestreamUnknownArguments(ObjectProvider<LitestreamEndpointWebExtension> extension) {
		return new UnknownArguments(extension::getIfAvailable);
	}

	/** Whatever the actuator is told to show, it does not show credentials. */
	@Bean
	@ConditionalOnMissingBean(name = "litestreamSanitizingFunction")
	SanitizingFunction litestreamSanitizingFunction() {
		return SanitizingFunction.sanitizeValue().ifKeyMatches(LitestreamEndpointAutoConfiguration::isCredential);
	}

	/** For bodies that Spring MVC cannot read. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@ConditionalOnClass(HandlerExceptionResolver.class)
	static class WebMvcConfiguration {

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnBean(PathMappedEndpoints.class)
		@ConditionalOnAvailableEndpoint(endpoint = LitestreamEndpoint.class, exposure = EndpointExposure.WEB)
		UnreadableBodyResolver litestreamUnreadableBodyResolver(PathMappedEndpoints endpoints) {
			return new UnreadableBodyResolver(endpoints);
		}

	}

	/** Also as an environment variable, with or without separators. */
	private static boolean isCredential(String key) {
		String letters = key.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
		return letters.contains("litestream")
				&& (letters.endsWith("heartbeaturl") || CREDENTIALS.stream().anyMatch(letters::endsWith)
						|| (letters.contains("properties") && SECRETS.stream().anyMatch(letters::endsWith)));
	}

}
