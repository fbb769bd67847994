package org.litestream4j.benchmarks.workload;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * An application with a Hikari pool, as Spring Boot makes it.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class Application {

	static ConfigurableApplicationContext start(Variant variant, Case what, Path database, Path replica) {
		Map<String, Object> properties = new HashMap<>();
		properties.put("spring.main.banner-mode", "off");
		properties.put("logging.level.root", "ERROR");
		properties.put("spring.datasource.url", "jdbc:sqlite:" + database);
		// One more than those that are counted, for the transaction of 50 MB
		properties.put("spring.datasource.hikari.maximum-pool-size", what.threads() + 1);
		properties.put("spring.datasource.hikari.data-source-properties.journal_mode", "WAL");
		properties.put("spring.datasource.hikari.data-source-properties.synchronous", what.synchronous());
		properties.put("spring.datasource.hikari.data-source-properties.busy_timeout", "30000");
		if (variant.isSidecar()) {
			// As Litestream recommends where much is written
			properties.put("spring.datasource.hikari.connection-init-sql", "PRAGMA wal_autocheckpoint=0");
		}
		properties.put("litestream.enabled", variant == Variant.STARTER);
		properties.put("litestream.replicas[0].url", replica.toUri());
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setDefaultProperties(properties);
		return application.run();
	}

}
