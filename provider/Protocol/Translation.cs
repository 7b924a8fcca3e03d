using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using Continuation = PulumiAliyunLive.Protocol.Wire.ListResponse.Types.Continuation;
using DiffChanges = PulumiAliyunLive.Protocol.Wire.DiffResponse.Types.DiffChanges;
using NamingMode = PulumiAliyunLive.Protocol.Wire.CheckRequest.Types.AutonamingOptions.Types.Mode;

namespace PulumiAliyunLive.Protocol;

/// <summary>Turns messages of the wire into the provider's requests, and its results and errors into messages.</summary>
static class Translation
{
    /// <summary>The longest time limit passed on, 24 days: what every timer can wait for.</summary>
    static readonly TimeSpan LongestTimeout = TimeSpan.FromMilliseconds(int.MaxValue);

    public static CheckRequest ToModel(Wire.CheckRequest wire)
    {
        var (name, type) = Identity(wire.Urn, wire.Name, wire.Type);
        var autonaming = wire.Autonaming is { } rule ? new Autonaming(rule.ProposedName, ToModel(rule.Mode)) : null;
        return new CheckRequest(
            wire.Urn, name, type, ValueCodec.Decode(wire.Olds), ValueCodec.Decode(wire.News), wire.RandomSeed.Memory, autonaming);
    }

    public static DiffRequest ToModel(Wire.DiffRequest wire)
    {
        var (name, type) = Identity(wire.Urn, wire.Name, wire.Type);
        return new DiffRequest(
            wire.Id, wire.Urn, name, type,
            ValueCodec.Decode(wire.Olds), ValueCodec.Decode(wire.OldInputs), ValueCodec.Decode(wire.News), wire.IgnoreChanges);
    }

    public static CreateRequest ToModel(Wire.CreateRequest wire)
    {
        var (name, type) = Identity(wire.Urn, wire.Name, wire.Type);
        return new CreateRequest(wire.Urn, name, type, ValueCodec.Decode(wire.Properties), Timeout(wire.Timeout), wire.Preview);
    }

    public static ReadRequest ToModel(Wire.ReadRequest wire)
    {
        var (name, type) = Identity(wire.Urn, wire.Name, wire.Type);
        return new ReadRequest(wire.Id, wire.Urn, name, type, Known(wire.Properties), Known(wire.Inputs), Timeout(wire.Timeout));

        // Engines before 3.198 send an empty map where later ones send none.
        static PropertyMap? Known(Struct? map) => map is null || map.Fields.Count == 0 ? null : ValueCodec.Decode(map);
    }

    public static UpdateRequest ToModel(Wire.UpdateRequest wire)
    {
        var (name, type) = Identity(wire.Urn, wire.Name, wire.Type);
        return new UpdateRequest(
            wire.Id, wire.Urn, name, type,
            ValueCodec.Decode(wire.Olds), ValueCodec.Decode(wire.OldInputs), ValueCodec.Decode(wire.News),
            wire.IgnoreChanges, Timeout(wire.Timeout), wire.Preview);
    }

    public static DeleteRequest ToModel(Wire.DeleteRequest wire)
    {
        var (name, type) = Identity(wire.Urn, wire.Name, wire.Type);
        return new DeleteRequest(
            wire.Id, wire.Urn, name, type, ValueCodec.Decode(wire.Properties), ValueCodec.Decode(wire.OldInputs), Timeout(wire.Timeout));
    }

    public static InvokeRequest ToModel(Wire.InvokeRequest wire) => new(wire.Tok, ValueCodec.Decode(wire.Args), wire.Preview);

    public static Wire.CheckResponse ToWire(CheckResult result) =>
        new() { Inputs = ValueCodec.Encode(result.Inputs), Failures = { result.Failures.Select(ToWire) } };

    public static Wire.DiffResponse ToWire(DiffResult result)
    {
        var wire = new Wire.DiffResponse
        {
            Changes = result.Changes.Count > 0 ? DiffChanges.DiffSome : DiffChanges.DiffNone,
            HasDetailedDiff = true,
            DeleteBeforeReplace = result.DeleteBeforeReplace,
            Diffs = { Roots(result.Changes) },
            Replaces = { Roots(result.Changes.Where(change => change.Replace)) },
        };
        foreach (var change in result.Changes)
            wire.DetailedDiff[change.Path] = new Wire.PropertyDiff { Kind = Kind(change), InputDiff = change.InputDiff };
        return wire;
    }

    public static Wire.CreateResponse ToWire(CreateResult result) =>
        new() { Id = result.Id, Properties = ValueCodec.Encode(result.Outputs), RefreshBeforeUpdate = result.RefreshBeforeUpdate };

    /// <summary>Gone is the empty message: an empty id alone would mean "exists" to some callers.</summary>
    public static Wire.ReadResponse ToWire(ReadResult? result) => result is null
        ? new Wire.ReadResponse()
        : new Wire.ReadResponse
        {
            Id = result.Id,
            Properties = ValueCodec.Encode(result.Outputs),
            Inputs = ValueCodec.Encode(result.Inputs),
            RefreshBeforeUpdate = result.RefreshBeforeUpdate,
        };

    public static Wire.UpdateResponse ToWire(UpdateResult result) =>
        new() { Properties = ValueCodec.Encode(result.Outputs), RefreshBeforeUpdate = result.RefreshBeforeUpdate };

    public static Wire.InvokeResponse ToWire(InvokeResult result) =>
        new() { Return = ValueCodec.Encode(result.Return), Failures = { result.Failures.Select(ToWire) } };

    public static RpcException ToWire(ProviderException failure) => failure switch
    {
        PartialFailureException partial => WithDetail(failure, "pulumirpc.ErrorResourceInitFailed", new Wire.ErrorResourceInitFailed
        {
            Id = partial.Id,
            Properties = ValueCodec.Encode(partial.Outputs),
            Inputs = ValueCodec.Encode(partial.Inputs),
            Reasons = { partial.Reasons },
        }),
        _ => new RpcException(failure.Status, failure.Message, failure),
    };

    /// <summary>
    /// Lists resources page by page. The token of a next page is the number of results given so far: what the service lists keeps its
    /// order.
    /// </summary>
    public static async IAsyncEnumerable<Wire.ListResponse> ListAsync(
        IProvider provider, Func<Wire.ListRequest> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = read();
        var skip = Offset(request.ContinuationToken);
        var limit = request.Limit > 0 ? request.Limit : long.MaxValue;
        var page = request.PageSize > 0 ? request.PageSize : long.MaxValue;
        var wanted = request.Limit > 0 ? skip + request.Limit : 0;
        var index = 0L;
        var query = new ListRequest(request.Token, ValueCodec.Decode(request.Query), wanted);
        await foreach (var item in provider.ListAsync(query, cancellation))
        {
            var given = index++ - skip;
            if (given < 0)
                continue;
            if (given == limit)
                yield break;
            if (given == page)
            {
                var token = (skip + given).ToString(CultureInfo.InvariantCulture);
                yield return new Wire.ListResponse { Continuation = new Continuation { ContinuationToken = token } };
                yield break;
            }

            yield return new Wire.ListResponse { Result = new Wire.ListResponse.Types.Result { Id = item.Id, Name = item.Name } };
        }
    }

    /// <summary>Name and type of a resource; engines before 3.132 tell them in the URN only.</summary>
    static (string Name, string Type) Identity(string urn, string name, string type)
    {
        if (name.Length > 0 && type.Length > 0)
            return (name, type);

        // urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME, where the name alone may hold "::".
        var parts = urn.Split("::", 4);
        return parts is [_, _, var qualifiedType, var last]
            ? (last, qualifiedType[(qualifiedType.LastIndexOf('$') + 1)..])
            : throw new ProviderException(ProviderStatus.InvalidArgument, $"'{urn}' is not the URN of a resource.");
    }

    static AutonamingMode ToModel(NamingMode mode) => mode switch
    {
        NamingMode.Enforce => AutonamingMode.Enforce,
        NamingMode.Disable => AutonamingMode.Disable,
        _ => AutonamingMode.Propose,
    };

    /// <summary>A time limit in seconds; null where none was given.</summary>
    static TimeSpan? Timeout(double seconds) => seconds switch
    {
        not > 0 => null,
        _ when seconds >= LongestTimeout.TotalSeconds => LongestTimeout,
        _ => TimeSpan.FromSeconds(seconds),
    };

    static long Offset(string continuation) => continuation.Length == 0
        ? 0
        : long.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && offset < int.MaxValue
            ? offset
            : throw new ProviderException(ProviderStatus.InvalidArgument, $"'{continuation}' is no continuation token of this provider.");

    static Wire.CheckFailure ToWire(CheckFailure failure) => new() { Property = failure.Property, Reason = failure.Reason };

    static Wire.PropertyDiff.Types.Kind Kind(PropertyChange change) => (change.Kind, change.Replace) switch
    {
        (ChangeKind.Add, false) => Wire.PropertyDiff.Types.Kind.Add,
        (ChangeKind.Add, true) => Wire.PropertyDiff.Types.Kind.AddReplace,
        (ChangeKind.Delete, false) => Wire.PropertyDiff.Types.Kind.Delete,
        (ChangeKind.Delete, true) => Wire.PropertyDiff.Types.Kind.DeleteReplace,
        (_, false) => Wire.PropertyDiff.Types.Kind.Update,
        (_, true) => Wire.PropertyDiff.Types.Kind.UpdateReplace,
    };

    /// <summary>The top-level names of changed paths, each once; a path that the engine could not read either is a fault of ours.</summary>
    static IEnumerable<string> Roots(IEnumerable<PropertyChange> changes) => changes
        .Select(change => PropertyPath.Parse(change.Path).RootName ?? throw new FormatException("a property path starts with a name"))
        .Distinct(StringComparer.Ordinal);

    static RpcException WithDetail(ProviderException failure, string type, IMessage detail) => new(
        new Wire.Status
        {
            Code = (int)failure.Status,
            Message = failure.Message,
            Details = { new Any { TypeUrl = $"type.googleapis.com/{type}", Value = detail.ToByteString() } },
        },
        failure);
}
