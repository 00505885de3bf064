package v1alpha1

// Condition types. Ready sums the others up.
const (
	// ConditionReady is True while people can be served: the tenant is as the resource says, it is routed, and each
	// catalogue source has been taken at least once.
	ConditionReady = "Ready"
	// ConditionStalled is there, and True, only while nothing will change before a person acts.
	ConditionStalled = "Stalled"
	// ConditionTenantReady is True while the tenant in Life Rooms is as the hub's resource says.
	ConditionTenantReady = "TenantReady"
	// ConditionCatalogueSynced is True while each source of the hub's catalogue was taken at its last try.
	ConditionCatalogueSynced = "CatalogueSynced"
	// ConditionRouteReady is True while the hub's host names lead to the API.
	ConditionRouteReady = "RouteReady"
	// ConditionSecretsFound is True while each client secret that a trust names can be read.
	ConditionSecretsFound = "SecretsFound"
	// ConditionTrustApplied is True while the trust in Life Rooms is as its resource says.
	ConditionTrustApplied = "TrustApplied"
)

// Reasons of conditions. They are stable: alerts and scripts may match them.
const (
	// ReasonReady: all is as the resource says.
	ReasonReady = "Ready"
	// ReasonStaleCatalogue: people are served, from a catalogue that could not be refreshed.
	ReasonStaleCatalogue = "StaleCatalogue"
	// ReasonSuspended: the resource says that the hub takes no work.
	ReasonSuspended = "Suspended"
	// ReasonProgressing: the operator is at work.
	ReasonProgressing = "Progressing"
	// ReasonArchiving: the resource is being deleted and its tenant is being archived.
	ReasonArchiving = "Archiving"
	// ReasonArchived: the tenant refuses work, and its data is kept.
	ReasonArchived = "Archived"

	// ReasonApplied: the API holds what the resource says.
	ReasonApplied = "Applied"
	// ReasonRefused: the API does not take what the resource says.
	ReasonRefused = "Refused"
	// ReasonHostnameTaken: another hub has a host name already.
	ReasonHostnameTaken = "HostnameTaken"
	// ReasonAPIUnreachable: the API does not answer.
	ReasonAPIUnreachable = "APIUnreachable"
	// ReasonAPIError: the API answers with an error that is not about the resource.
	ReasonAPIError = "APIError"
	// ReasonSignInRefused: the API does not accept the operator's token.
	ReasonSignInRefused = "SignInRefused"
	// ReasonTrustNotFound: there is no Trust of that name in the hub's namespace.
	ReasonTrustNotFound = "TrustNotFound"
	// ReasonTrustNotReady: the trust was never taken by the API.
	ReasonTrustNotReady = "TrustNotReady"
	// ReasonTrustChanged: the Trust of that name is another trust than the one the hub was made in.
	ReasonTrustChanged = "TrustChanged"
	// ReasonConfigMapNotFound: a catalogue source names a ConfigMap, or a key in it, that is not there.
	ReasonConfigMapNotFound = "ConfigMapNotFound"
	// ReasonConfigMapUnusable: a catalogue source's ConfigMap key holds nothing, or too much.
	ReasonConfigMapUnusable = "ConfigMapUnusable"

	// ReasonSynced: each source was taken.
	ReasonSynced = "Synced"
	// ReasonNoSources: the hub has no catalogue sources.
	ReasonNoSources = "NoSources"
	// ReasonSyncPending: a source is waiting to be fetched, or being fetched.
	ReasonSyncPending = "SyncPending"
	// ReasonSourceFailed: a source could not be taken; the last good catalogue is kept.
	ReasonSourceFailed = "SourceFailed"

	// ReasonRouted: the route is there, and accepted where its kind says so.
	ReasonRouted = "Routed"
	// ReasonNoHostnames: the hub has no host name of its own.
	ReasonNoHostnames = "NoHostnames"
	// ReasonNotRouted: the operator was told to make no routes.
	ReasonNotRouted = "NotRouted"
	// ReasonRoutePending: the gateway has not taken the route yet.
	ReasonRoutePending = "RoutePending"
	// ReasonRouteRefused: the gateway refuses the route.
	ReasonRouteRefused = "RouteRefused"
	// ReasonRouteFailed: the cluster did not take the route.
	ReasonRouteFailed = "RouteFailed"
	// ReasonRouteNameTaken: an Ingress or HTTPRoute of the hub's name is there and is not the operator's.
	ReasonRouteNameTaken = "RouteNameTaken"
	// ReasonGatewayAPIMissing: HTTPRoutes are asked for and the cluster does not know them.
	ReasonGatewayAPIMissing = "GatewayAPIMissing"

	// ReasonFound: each secret was read.
	ReasonFound = "Found"
	// ReasonSecretNotFound: a client secret's Secret, or the key in it, is not there.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretForbidden: the operator may not read a Secret.
	ReasonSecretForbidden = "SecretForbidden"
	// ReasonODSCodeTaken: an older Trust resource has the same ODS code.
	ReasonODSCodeTaken = "ODSCodeTaken"
)
