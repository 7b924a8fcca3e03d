using Google.Protobuf.Reflection;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>What is agreed with the engine: numbers and types of fields, numbers of enum values, names of all else.</summary>
public sealed class WireContractTests
{
    static readonly FileDescriptor[] Files =
    [
        Wire.ProviderReflection.Descriptor, Wire.AliasReflection.Descriptor,
        Wire.ErrorsReflection.Descriptor, Wire.StatusReflection.Descriptor,
        Wire.EngineReflection.Descriptor, Wire.ResourceStatusReflection.Descriptor, Wire.ResolverReflection.Descriptor,
        Wire.HealthReflection.Descriptor, Wire.Codegen.CodegenReflection.Descriptor,
    ];

    [Theory]
    [InlineData("pulumirpc.ProviderHandshakeRequest",
        "1 engine_address string; 2 root_directory optional string; 3 program_directory optional string; " +
        "4 configure_with_urn bool; 5 supports_views bool; 6 supports_refresh_before_update bool; " +
        "7 invoke_with_preview bool; 8 mapper_target optional string; 9 loader_target optional string; " +
        "10 resolver_target optional string; 11 accepts_byte_string bool")]
    [InlineData("pulumirpc.ProviderHandshakeResponse",
        "1 accept_secrets bool; 2 accept_resources bool; 3 accept_outputs bool; " +
        "4 supports_autonaming_configuration bool; 6 accepts_byte_string bool")]
    [InlineData("pulumirpc.PluginInfo", "1 version string")]
    [InlineData("pulumirpc.PluginAttach", "1 address string")]
    [InlineData("pulumirpc.ConfigureRequest",
        "1 variables map<string,string>; 2 args Struct; 3 acceptSecrets bool; 4 acceptResources bool; " +
        "5 sends_old_inputs bool; 6 sends_old_inputs_to_delete bool; 7 id optional string; 8 urn optional string; " +
        "9 name optional string; 10 type optional string")]
    [InlineData("pulumirpc.ConfigureResponse",
        "1 acceptSecrets bool; 2 supportsPreview bool; 3 acceptResources bool; 4 acceptOutputs bool; " +
        "5 supports_autonaming_configuration bool")]
    [InlineData("pulumirpc.ParameterizeRequest", "1 args ParametersArgs; 2 value ParametersValue")]
    [InlineData("pulumirpc.ParameterizeRequest.ParametersArgs", "1 args repeated string")]
    [InlineData("pulumirpc.ParameterizeRequest.ParametersValue", "1 name string; 2 version string; 3 value bytes")]
    [InlineData("pulumirpc.ParameterizeResponse", "1 name string; 2 version string")]
    [InlineData("pulumirpc.GetSchemaRequest", "1 version int32; 2 subpackage_name string; 3 subpackage_version string")]
    [InlineData("pulumirpc.GetSchemaResponse", "1 schema string")]
    [InlineData("pulumirpc.CheckRequest",
        "1 urn string; 2 olds Struct; 3 news Struct; 5 randomSeed bytes; 6 name string; 7 type string; " +
        "8 autonaming AutonamingOptions")]
    [InlineData("pulumirpc.CheckRequest.AutonamingOptions", "1 proposed_name string; 2 mode Mode")]
    [InlineData("pulumirpc.CheckResponse", "1 inputs Struct; 2 failures repeated CheckFailure")]
    [InlineData("pulumirpc.CheckFailure", "1 property string; 2 reason string")]
    [InlineData("pulumirpc.DiffRequest",
        "1 id string; 2 urn string; 3 olds Struct; 4 news Struct; 5 ignoreChanges repeated string; 6 old_inputs Struct; " +
        "7 name string; 8 type string")]
    [InlineData("pulumirpc.DiffResponse",
        "1 replaces repeated string; 2 stables repeated string; 3 deleteBeforeReplace bool; 4 changes DiffChanges; " +
        "5 diffs repeated string; 6 detailedDiff map<string,PropertyDiff>; 7 hasDetailedDiff bool")]
    [InlineData("pulumirpc.PropertyDiff", "1 kind Kind; 2 inputDiff bool")]
    [InlineData("pulumirpc.CreateRequest",
        "1 urn string; 2 properties Struct; 3 timeout double; 4 preview bool; 5 name string; 6 type string; " +
        "7 resource_status_address string; 8 resource_status_token string")]
    [InlineData("pulumirpc.CreateResponse", "1 id string; 2 properties Struct; 3 refresh_before_update bool")]
    [InlineData("pulumirpc.ReadRequest",
        "1 id string; 2 urn string; 3 properties Struct; 4 inputs Struct; 5 name string; 6 type string; " +
        "7 resource_status_address string; 8 resource_status_token string; 9 old_views repeated View; 10 timeout double")]
    [InlineData("pulumirpc.ReadResponse", "1 id string; 2 properties Struct; 3 inputs Struct; 4 refresh_before_update bool")]
    [InlineData("pulumirpc.UpdateRequest",
        "1 id string; 2 urn string; 3 olds Struct; 4 news Struct; 5 timeout double; 6 ignoreChanges repeated string; " +
        "7 preview bool; 8 old_inputs Struct; 9 name string; 10 type string; 11 resource_status_address string; " +
        "12 resource_status_token string; 13 old_views repeated View")]
    [InlineData("pulumirpc.UpdateResponse", "1 properties Struct; 2 refresh_before_update bool")]
    [InlineData("pulumirpc.DeleteRequest",
        "1 id string; 2 urn string; 3 properties Struct; 4 timeout double; 5 old_inputs Struct; 6 name string; " +
        "7 type string; 8 resource_status_address string; 9 resource_status_token string; 10 old_views repeated View")]
    [InlineData("pulumirpc.View",
        "1 type string; 2 name string; 3 parent_type string; 4 parent_name string; 5 inputs Struct; 6 outputs Struct")]
    [InlineData("pulumirpc.ListRequest", "1 token string; 2 query Struct; 3 limit int64; 4 page_size int64; 5 continuation_token string")]
    [InlineData("pulumirpc.ListResponse", "1 computed Computed; 2 result Result; 3 continuation Continuation")]
    [InlineData("pulumirpc.ListResponse.Result", "1 id string; 2 name string")]
    [InlineData("pulumirpc.ListResponse.Continuation", "1 continuation_token string")]
    [InlineData("pulumirpc.ListResponse.Computed", "")]
    [InlineData("pulumirpc.InvokeRequest", "1 tok string; 2 args Struct; 7 preview bool")]
    [InlineData("pulumirpc.InvokeResponse", "1 return Struct; 2 failures repeated CheckFailure")]
    [InlineData("pulumirpc.CallRequest",
        "1 tok string; 2 args Struct; 3 argDependencies map<string,ArgumentDependencies>; 6 project string; " +
        "7 stack string; 8 config map<string,string>; 9 configSecretKeys repeated string; 10 dryRun bool; " +
        "11 parallel int32; 12 monitorEndpoint string; 14 organization string; 17 accepts_output_values bool; " +
        "18 stack_trace_handle string")]
    [InlineData("pulumirpc.CallRequest.ArgumentDependencies", "1 urns repeated string")]
    [InlineData("pulumirpc.CallResponse",
        "1 return Struct; 2 returnDependencies map<string,ReturnDependencies>; 3 failures repeated CheckFailure")]
    [InlineData("pulumirpc.CallResponse.ReturnDependencies", "1 urns repeated string")]
    [InlineData("pulumirpc.GetMappingRequest", "1 key string; 2 provider string")]
    [InlineData("pulumirpc.GetMappingResponse", "1 provider string; 2 data bytes")]
    [InlineData("pulumirpc.GetMappingsRequest", "1 key string")]
    [InlineData("pulumirpc.GetMappingsResponse", "1 providers repeated string")]
    [InlineData("pulumirpc.ConstructRequest",
        "1 project string; 2 stack string; 3 config map<string,string>; 4 dryRun bool; 5 parallel int32; " +
        "6 monitorEndpoint string; 7 type string; 8 name string; 9 parent string; 10 inputs Struct; " +
        "11 inputDependencies map<string,PropertyDependencies>; 12 protect optional bool; " +
        "13 providers map<string,string>; 15 dependencies repeated string; 16 configSecretKeys repeated string; " +
        "17 organization string; 18 additionalSecretOutputs repeated string; 19 customTimeouts CustomTimeouts; " +
        "20 deletedWith string; 21 deleteBeforeReplace optional bool; 22 ignoreChanges repeated string; " +
        "23 replaceOnChanges repeated string; 24 retainOnDelete optional bool; 25 accepts_output_values bool; " +
        "26 resource_hooks ResourceHooksBinding; 27 stack_trace_handle string; 28 replace_with repeated string; " +
        "29 aliases repeated Alias; 30 replacement_trigger Value")]
    [InlineData("pulumirpc.ConstructRequest.PropertyDependencies", "1 urns repeated string")]
    [InlineData("pulumirpc.ConstructRequest.CustomTimeouts", "1 create string; 2 update string; 3 delete string; 4 read string")]
    [InlineData("pulumirpc.ConstructRequest.ResourceHooksBinding",
        "1 before_create repeated string; 2 after_create repeated string; 3 before_update repeated string; " +
        "4 after_update repeated string; 5 before_delete repeated string; 6 after_delete repeated string; " +
        "7 on_error repeated string")]
    [InlineData("pulumirpc.ConstructResponse", "1 urn string; 2 state Struct; 3 stateDependencies map<string,PropertyDependencies>")]
    [InlineData("pulumirpc.ConstructResponse.PropertyDependencies", "1 urns repeated string")]
    [InlineData("pulumirpc.Alias", "1 urn string; 2 spec Spec")]
    [InlineData("pulumirpc.Alias.Spec",
        "1 name string; 2 type string; 3 stack string; 4 project string; 5 parentUrn string; 6 noParent bool")]
    [InlineData("google.rpc.Status", "1 code int32; 2 message string; 3 details repeated Any")]
    [InlineData("pulumirpc.ErrorResourceInitFailed",
        "1 id string; 2 properties Struct; 3 reasons repeated string; 4 inputs Struct; 5 refresh_before_update bool")]
    [InlineData("pulumirpc.ConfigureErrorMissingKeys", "1 missingKeys repeated MissingKey")]
    [InlineData("pulumirpc.ConfigureErrorMissingKeys.MissingKey", "1 name string; 2 description string")]
    [InlineData("pulumirpc.InputPropertiesError", "1 errors repeated PropertyError")]
    [InlineData("pulumirpc.InputPropertiesError.PropertyError", "1 property_path string; 2 reason string")]
    [InlineData("pulumirpc.ErrorCause", "1 message string; 2 stackTrace string")]
    [InlineData("pulumirpc.LogRequest", "1 severity LogSeverity; 2 message string; 3 urn string; 4 streamId int32; 5 ephemeral bool")]
    [InlineData("pulumirpc.PublishViewStepsRequest", "1 token string; 2 steps repeated ViewStep")]
    [InlineData("pulumirpc.ViewStep",
        "1 status Status; 2 error string; 3 op Op; 4 type string; 5 name string; 6 old ViewStepState; " +
        "7 new ViewStepState; 8 keys repeated string; 9 diffs repeated string; " +
        "10 detailed_diff map<string,PropertyDiff>; 11 has_detailed_diff bool")]
    [InlineData("pulumirpc.ViewStepState",
        "1 type string; 2 name string; 3 parent_type string; 4 parent_name string; 5 inputs Struct; 6 outputs Struct")]
    [InlineData("pulumirpc.PackageSpec",
        "1 source string; 2 version string; 3 parameters repeated string; 4 checksums map<string,bytes>; " +
        "5 server string")]
    [InlineData("pulumirpc.PackageDependency",
        "1 name string; 2 kind string; 3 version string; 4 server string; 5 checksums map<string,bytes>; " +
        "6 parameterization PackageParameterization; 7 extension PackageParameterization")]
    [InlineData("pulumirpc.PackageParameterization", "1 name string; 2 version string; 3 value bytes")]
    [InlineData("pulumirpc.GetRootResourceRequest", "")]
    [InlineData("pulumirpc.GetRootResourceResponse", "1 urn string")]
    [InlineData("pulumirpc.SetRootResourceRequest", "1 urn string")]
    [InlineData("pulumirpc.SetRootResourceResponse", "")]
    [InlineData("pulumirpc.StartDebuggingRequest", "1 config Struct; 2 message string")]
    [InlineData("pulumirpc.RequirePulumiVersionRequest", "1 pulumi_version_range string")]
    [InlineData("pulumirpc.RequirePulumiVersionResponse", "")]
    [InlineData("grpc.health.v1.HealthCheckRequest", "1 service string")]
    [InlineData("grpc.health.v1.HealthCheckResponse", "1 status ServingStatus")]
    [InlineData("codegen.GetSchemaRequest",
        "1 package string; 2 version string; 3 download_url string; 4 parameterization Parameterization")]
    [InlineData("codegen.Parameterization", "1 name string; 2 version string; 3 value bytes")]
    [InlineData("codegen.GetSchemaResponse", "1 schema bytes")]
    [InlineData("codegen.GetMappingRequest",
        "1 provider string; 2 pulumi_provider string; 3 parameterization_hint MapperParameterizationHint; 4 ecosystem string")]
    [InlineData("codegen.MapperParameterizationHint", "1 name string; 2 version string; 3 value bytes")]
    [InlineData("codegen.GetMappingResponse", "1 data bytes")]
    public void The_fields_of_a_message_have_the_agreed_numbers_and_types(string message, string fields) =>
        string.Join("; ", Message(message).Fields.InFieldNumberOrder().Select(Render)).ShouldBe(fields);

    [Theory]
    [InlineData("pulumirpc.CheckRequest.AutonamingOptions.Mode", "PROPOSE=0, ENFORCE=1, DISABLE=2")]
    [InlineData("pulumirpc.DiffResponse.DiffChanges", "DIFF_UNKNOWN=0, DIFF_NONE=1, DIFF_SOME=2")]
    [InlineData("pulumirpc.PropertyDiff.Kind", "ADD=0, ADD_REPLACE=1, DELETE=2, DELETE_REPLACE=3, UPDATE=4, UPDATE_REPLACE=5")]
    [InlineData("pulumirpc.LogSeverity", "DEBUG=0, INFO=1, WARNING=2, ERROR=3")]
    [InlineData("pulumirpc.ViewStep.Op",
        "UNSPECIFIED=0, SAME=1, CREATE=2, UPDATE=3, DELETE=4, REPLACE=5, CREATE_REPLACEMENT=6, " +
        "DELETE_REPLACED=7, READ=8, READ_REPLACEMENT=9, REFRESH=10, " +
        "READ_DISCARD=11, DISCARD_REPLACED=12, REMOVE_PENDING_REPLACE=13, IMPORT=14, IMPORT_REPLACEMENT=15")]
    [InlineData("pulumirpc.ViewStep.Status", "OK=0, PARTIAL_FAILURE=1, UNKNOWN=2")]
    [InlineData("grpc.health.v1.HealthCheckResponse.ServingStatus", "UNKNOWN=0, SERVING=1, NOT_SERVING=2, SERVICE_UNKNOWN=3")]
    public void The_values_of_an_enum_have_the_agreed_numbers(string name, string values)
    {
        var found = Files.SelectMany(file => file.EnumTypes.Concat(
                file.MessageTypes.SelectMany(Nested).SelectMany(message => message.EnumTypes)))
            .Single(candidate => candidate.FullName == name);
        string.Join(", ", found.Values.Select(value => $"{value.Name}={value.Number}")).ShouldBe(values);
    }

    [Theory]
    [InlineData("Handshake ProviderHandshakeRequest ProviderHandshakeResponse")]
    [InlineData("Parameterize ParameterizeRequest ParameterizeResponse")]
    [InlineData("GetSchema GetSchemaRequest GetSchemaResponse")]
    [InlineData("CheckConfig CheckRequest CheckResponse")]
    [InlineData("DiffConfig DiffRequest DiffResponse")]
    [InlineData("Configure ConfigureRequest ConfigureResponse")]
    [InlineData("Invoke InvokeRequest InvokeResponse")]
    [InlineData("Call CallRequest CallResponse")]
    [InlineData("Check CheckRequest CheckResponse")]
    [InlineData("Diff DiffRequest DiffResponse")]
    [InlineData("Create CreateRequest CreateResponse")]
    [InlineData("Read ReadRequest ReadResponse")]
    [InlineData("List ListRequest stream ListResponse")]
    [InlineData("Update UpdateRequest UpdateResponse")]
    [InlineData("Delete DeleteRequest Empty")]
    [InlineData("Construct ConstructRequest ConstructResponse")]
    [InlineData("Cancel Empty Empty")]
    [InlineData("GetPluginInfo Empty PluginInfo")]
    [InlineData("Attach PluginAttach Empty")]
    [InlineData("GetMapping GetMappingRequest GetMappingResponse")]
    [InlineData("GetMappings GetMappingsRequest GetMappingsResponse")]
    public void The_service_has_the_agreed_calls(string call)
    {
        var service = Wire.ProviderReflection.Descriptor.Services.Single();
        service.FullName.ShouldBe("pulumirpc.ResourceProvider");
        service.Methods
            .Select(method => $"{method.Name} {method.InputType.Name} {(method.IsServerStreaming ? "stream " : "")}{method.OutputType.Name}")
            .ShouldContain(found => found == call);
        service.Methods.Count.ShouldBe(21);
    }

    static MessageDescriptor Message(string name) =>
        Files.SelectMany(file => file.MessageTypes).SelectMany(Nested).Single(message => message.FullName == name);

    static IEnumerable<MessageDescriptor> Nested(MessageDescriptor message) => message.NestedTypes.SelectMany(Nested).Prepend(message);

    static string Render(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            var entry = field.MessageType.Fields;
            return $"{field.FieldNumber} {field.Name} map<{Type(entry[1])},{Type(entry[2])}>";
        }

        var optional = field.RealContainingOneof is null && field.HasPresence && field.FieldType != FieldType.Message;
        return $"{field.FieldNumber} {field.Name} {(optional ? "optional " : "")}{(field.IsRepeated ? "repeated " : "")}{Type(field)}";
    }

    static string Type(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.Name,
        FieldType.Enum => field.EnumType.Name,
        var scalar => scalar.ToString().ToLowerInvariant(),
    };
}
