using System.Text;
using Google.Protobuf;
using LiveSimulator;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Protocol;
using PulumiAliyunLive.Tests.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>An invariant does not hold.</summary>
sealed class InvariantException(string message) : Exception(message);

/// <summary>
/// A stack of several resources between the simulator and the provider's calls. It does what a <see cref="FaultProgram"/> says, keeps the
/// state as the engine does (a resource whose creation was killed is not in it, an old one whose deletion failed still is), and checks after
/// each step that what lives in the service is what the state holds. Nothing in it depends on chance or real time.
/// </summary>
sealed class FaultStack : IDisposable
{
    /// <summary>What tells somebody to mend something of theirs, where nothing but the service and the network is at fault.</summary>
    static readonly string[] Blame =
    [
        "Correct the inputs", "Check `accessKey`", "The RAM user or role needs", "have run out", "is not opened for this account", "owns no live domain",
        "fault of the plugin", "fault of the program", "parallel",
    ];

    static readonly string[] Secrets = ["PUSHKEY", "SOURCEKEY", "HOOKKEY", "DINGKEY", "KEYSECRET", "KEYTOKEN"];

    readonly TestClock _clock = new();
    readonly ManualClock _network = new();
    readonly FaultCoverage _coverage;
    readonly LiveService _service;
    readonly RecordingLog _log = new();
    readonly StringBuilder _errors = new();
    readonly TokenSource _keys;
    readonly PropertyMap?[] _programs = new PropertyMap?[FaultProgram.Slots];
    readonly ResourceState?[] _states = new ResourceState?[FaultProgram.Slots];
    readonly List<(int Slot, ResourceState State)> _toDelete = [];

    /// <summary>What a killed creation left behind, or a cancelled one that said so: at most one object for each.</summary>
    readonly HashSet<string> _leftBehind = new(StringComparer.Ordinal);

    RpcClient _rpc;
    bool _dead;
    bool _cancelled;
    bool _healing;
    string _step = "";
    int _seed;

    /// <summary>The slot that a run begins with.</summary>
    int _first;

    /// <summary>The provider's call that runs, and the type.</summary>
    string _call = "";

    /// <summary>Calls under way, and a number that grows with each that begins while none is.</summary>
    int _open;
    int _callNumber;

    /// <summary>Whether calls are still to come that an answer may be waiting for.</summary>
    bool _moreToCome;
    bool _held;

    public FaultStack(int listLagSeconds, FaultCoverage coverage)
    {
        _coverage = coverage;
        _service = new LiveService(_clock);
        _service.Settings.SkewReference = SkewReference.SimulatedTime;
        _service.Settings.ListLag = TimeSpan.FromSeconds(listLagSeconds);
        _keys = new TokenSource(_service);
        for (var slot = 0; slot < FaultProgram.Slots; slot++) _programs[slot] = NewProgram(slot);
        _rpc = NewPlugin();
    }

    public void Dispose() => _rpc.Dispose();

    RpcClient NewPlugin()
    {
        var rpc = new RpcClient(new LiveProvider(
            _log, _clock, _ => new LiveClient(new LiveClientOptions { NetworkClock = _network }, _keys, _clock, () => 0.5, new SimulatorHandler(_service, Hold))));
        rpc.Configure(new Wire.ConfigureRequest { Args = ValueCodec.Encode(new PropertyMap { ["region"] = Rig.Region }), AcceptSecrets = true }).GetAwaiter().GetResult();
        return rpc;
    }

    /// <summary>An answer does not come: with the next call, or after the limit for the network.</summary>
    void Hold(bool comesWithNext)
    {
        _held = comesWithNext && _moreToCome;
        if (!_held) EndPatience();
    }

    void EndPatience()
    {
        _held = false;
        var limit = Limits.ConnectTimeout + Limits.ReadTimeout;
        _clock.Advance(limit);
        _network.Advance(limit);
    }

    PropertyMap NewProgram(int slot) => slot == FaultProgram.MonitorSlot
        ? Programs.Monitor()
        : Programs.Relay().With(
            ("dstUrl", Destination(slot, 0)), ("desiredStatus", "Running"), ("endTime", _clock.In(TimeSpan.FromDays(60))));

    static PropertyValue Destination(int slot, int number) => ((PropertyValue)$"rtmp://push.example.com/live/{slot}-{number}?auth_key=PUSHKEY").AsSecret();

    static string TypeOf(int slot) => slot == FaultProgram.MonitorSlot ? MonitorSession.Token : RelayTask.Token;

    static string UrnOf(int slot) => $"urn:pulumi:dev::demo::{TypeOf(slot)}::r{slot}";

    static string KeyOf(string id) => id.Split('/')[^1];

    /// <summary>The step that runs, and the provider's call.</summary>
    public string Doing => $"{_step}: {_call}, last {string.Join(", ", _service.Calls.TakeLast(5).Select(call => $"{call.Operation} {call.Code}"))}";

    /// <summary>Takes one step and checks the invariants.</summary>
    public async Task DoAsync(Act act)
    {
        _step = act.ToString()!;
        switch (act)
        {
            case Act.Edit edit: Apply(edit); break;
            case Act.Outside outside: Apply(outside); break;
            case Act.Wait wait: _clock.Advance(TimeSpan.FromSeconds(wait.Seconds)); break;
            case Act.Run run: await RunAsync(run); break;
        }

        Check(act.ToString()!);
    }

    /// <summary>
    /// The faults are over: what was left behind is met and taken over, everything comes to what the program says, then there is nothing more
    /// to do, and destroy leaves nothing.
    /// </summary>
    public async Task HealAsync()
    {
        _healing = true;
        _step = "heal";
        _service.ClearFaults();
        _clock.Advance(TimeSpan.FromSeconds(15));
        foreach (var task in _service.Tasks.Values.Where(task => task.IsLive)) _service.RestoreSource(task.TaskId);
        for (var round = 0; round < 8; round++)
        {
            await RefreshAsync();
            await TakeOverSessionsAsync();
            try
            {
                if (!await UpAsync() && _leftBehind.Count == 0) break;
            }
            catch (RpcException error)
            {
                if (!await TakeOverAsync(error.Message)) throw new InvariantException($"without any fault, up failed: {error.Message}");
            }

            // What nobody met, such as a stopped task, a person finds in the list and deletes.
            if (round > 5) DeleteLeftBehind();
        }

        if (await UpAsync()) throw new InvariantException("up without a change still has something to do");
        Check("heal");
        if (_leftBehind.Count > 0) throw new InvariantException("something is left behind for good");
        if (!Known().SetEquals(Alive())) throw new InvariantException("the state is not what lives");
        for (var slot = 0; slot < FaultProgram.Slots; slot++) CheckIsAsStated(slot);
        await DestroyAsync();
        if (Alive().Any()) throw new InvariantException("destroyed, and not gone");
        Check("destroy");
    }

    /// <summary>Sessions that were left behind are found with the function that lists them; one is imported where the resource has none.</summary>
    async Task TakeOverSessionsAsync()
    {
        if (!_leftBehind.Any(_service.Monitors.ContainsKey)) return;
        var found = await _rpc.Invoke(new Wire.InvokeRequest { Tok = GetMonitorSessions.Token, Args = ValueCodec.Encode(PropertyMap.Empty) });
        foreach (var id in ValueCodec.Decode(found.Return)["ids"]!.Elements.Select(id => id.Text!).Where(_leftBehind.Remove).ToList())
        {
            const int Slot = FaultProgram.MonitorSlot;
            if (_states[Slot] is not null || _programs[Slot] is null) _service.DeleteBehindOurBack(id);
            else await ImportAsync(Slot, id, "monitorName");
        }

        if (_leftBehind.Any(_service.Monitors.ContainsKey)) throw new InvariantException("a session that was left behind is not listed");
    }

    async Task ImportAsync(int slot, string id, string name)
    {
        var reply = await _rpc.Read(new Wire.ReadRequest { Id = id, Urn = UrnOf(slot), Name = $"r{slot}", Type = TypeOf(slot) });
        _states[slot] = new(reply.Id, Told(reply.Inputs), Told(reply.Properties), []);
        _programs[slot] = _programs[slot]!.With((name, _states[slot]!.Inputs[name]));
    }

    /// <summary>Imports what the refusal names, or deletes it where the resource has an object already.</summary>
    async Task<bool> TakeOverAsync(string refusal)
    {
        if (_leftBehind.FirstOrDefault(id => refusal.Contains($"{Rig.Region}/{id}", StringComparison.Ordinal)) is not { } left) return false;
        _leftBehind.Remove(left);
        var slot = Array.FindIndex(_programs, program => program?["dstUrl"]?.Text == _service.Tasks[left].Config.DstUrl);
        if (slot < 0 || _states[slot] is not null)
        {
            _service.DeleteBehindOurBack(left);
            return true;
        }

        if (!refusal.Contains($"pulumi import aliyun-live:index:RelayTask <name> {Rig.Region}/{left}", StringComparison.Ordinal))
            throw new InvariantException($"the refusal does not say how to import: {refusal}");
        await ImportAsync(slot, $"{Rig.Region}/{left}", "taskName");
        return true;
    }

    void DeleteLeftBehind()
    {
        foreach (var id in _leftBehind) _service.DeleteBehindOurBack(id);
        _leftBehind.Clear();
    }

    void Apply(Act.Edit edit)
    {
        var slot = edit.Slot;
        if (edit.What == "gone") _programs[slot] = null;
        else if (_programs[slot] is null) _programs[slot] = NewProgram(slot);
        if (_programs[slot] is not { } program) return;
        var relay = slot != FaultProgram.MonitorSlot;
        _programs[slot] = edit.What switch
        {
            "source" when relay => program.With(("sourceUrls", PropertyValue.Of($"rtmp://pull.example.com/live/{edit.Value}?auth_key=SOURCEKEY"))),
            "source" => program.With(("inputList", PropertyValue.Of(Programs.Input("one", $"rtmp://pull.example.com/live/{edit.Value}?auth_key=SOURCEKEY", 0)))),
            "callback" => program.With(("callbackUrl", edit.Value == 0 ? null : (PropertyValue)$"https://hooks.example.com/{edit.Value}?token=HOOKKEY")),
            "desired" => program.With(("desiredStatus", edit.Value == 0 ? null : edit.Value == 1 ? "Running" : (PropertyValue)"Stopped")),
            "destination" when relay => program.With(("dstUrl", Destination(slot, edit.Value))),
            "triggers" when relay => program.With(("restartTriggers", PropertyValue.Of($"{edit.Value}"))),
            "await" when relay => program.With(("awaitRunning", edit.Value > 0)),
            "retries" when relay => program.With(("retryCount", 3 + edit.Value)),
            _ => program,
        };
    }

    void Apply(Act.Outside outside)
    {
        if (_states[outside.Slot] is not { } state || !Alive().Contains(KeyOf(state.Id), StringComparer.Ordinal)) return;
        var (id, relay) = (KeyOf(state.Id), outside.Slot != FaultProgram.MonitorSlot);
        switch (outside.What)
        {
            case "stop": _service.StopBehindOurBack(id); break;
            case "start": _service.StartBehindOurBack(id); break;
            case "delete": _service.DeleteBehindOurBack(id); break;
            case "edit": _service.EditBehindOurBack(id, "CallbackUrl", "https://hooks.example.com/outside"); break;
            case "lose source" when relay: _service.LoseSource(id); break;
            case "restore source" when relay: _service.RestoreSource(id); break;
        }
    }

    async Task RunAsync(Act.Run run)
    {
        Arm(run);
        try
        {
            switch (run.Verb)
            {
                case "up": await UpAsync(); break;
                case "refresh": await RefreshAsync(); break;
                default: await DestroyAsync(); break;
            }
        }
        catch (RpcException)
        {
            // What a person would see; it has been looked at where it came up.
        }

        _service.BeforeCall = null;
        _service.AfterCall = null;
        _service.ClearFaults();

        // Nobody looks for what was left behind sooner than listings tell of it: no call could refuse what no call shows.
        _clock.Advance(TimeSpan.FromSeconds(_leftBehind.Count > 0 ? 10 : run.Pause));
        _cancelled = false;
        if (!_dead) return;
        _dead = false;
        _rpc.Dispose();
        _rpc = NewPlugin();
    }

    void Arm(Act.Run run)
    {
        _first = run.First;
        var count = 0;
        _service.BeforeCall = operation =>
        {
            if (_dead) throw new InvalidOperationException("the plugin is dead");
            _held = false;
            count++;
            foreach (var trouble in run.Troubles.Where(trouble => trouble.Call == count))
            {
                if (trouble.Kind.StartsWith("list", StringComparison.Ordinal) && !operation.EndsWith("List", StringComparison.Ordinal)) continue;
                if (trouble.Kind == "token" && !_keys.TryExpireCurrent(_callNumber)) continue;
                _coverage.Note(trouble.Kind, _call);
                if (trouble.Kind == "token") continue;
                _service.FailNext(operation, trouble.ToFault());
            }

            if (run.Cut is { After: false } cut && cut.Call == count) CutOff(cut);
        };
        _service.AfterCall = _ =>
        {
            if (!_dead && run.Cut is { After: true } cut && cut.Call == count) CutOff(cut);
        };
    }

    void CutOff(Cut cut)
    {
        _coverage.Note($"{(cut.Kills ? "killed" : "cancelled")} {(cut.After ? "after" : "before")}", _call);
        if (!cut.Kills)
        {
            _cancelled = true;
            _rpc.Dispatcher.CancelRunning();
            return;
        }

        _dead = true;
        throw new InvalidOperationException("the plugin is dead");
    }

    IEnumerable<int> InOrder() => Enumerable.Range(_first, FaultProgram.Slots).Select(slot => slot % FaultProgram.Slots);

    /// <summary>Brings every resource to what the program says; true when there was something to do.</summary>
    async Task<bool> UpAsync()
    {
        _seed++;
        var changed = await DeletePendingAsync();
        foreach (var slot in InOrder())
        {
            if (_programs[slot] is { } program) changed |= await StepAsync(slot, program);
        }

        foreach (var slot in InOrder())
        {
            if (_programs[slot] is not null || _states[slot] is null) continue;
            await DeleteAsync(slot);
            changed = true;
        }

        return changed;
    }

    async Task<bool> StepAsync(int slot, PropertyMap program)
    {
        if (_states[slot] is not { } state)
        {
            await CreateAsync(slot, await CheckAsync(slot, program, PropertyMap.Empty));
            return true;
        }

        var news = await CheckAsync(slot, program, state.Inputs);
        var diff = await CallAsync(() => _rpc.Diff(new Wire.DiffRequest
        {
            Id = state.Id, Urn = UrnOf(slot), Name = $"r{slot}", Type = TypeOf(slot),
            Olds = ValueCodec.Encode(state.Outputs), OldInputs = ValueCodec.Encode(state.Inputs), News = ValueCodec.Encode(news),
        }));
        if (diff.DetailedDiff.Values.Any(change => change.Kind is Wire.PropertyDiff.Types.Kind.AddReplace or Wire.PropertyDiff.Types.Kind.DeleteReplace or Wire.PropertyDiff.Types.Kind.UpdateReplace))
        {
            var fresh = await CheckAsync(slot, program, PropertyMap.Empty);
            if (diff.DeleteBeforeReplace)
            {
                await DeleteAsync(slot);
                await CreateAsync(slot, fresh);
            }
            else
            {
                try
                {
                    await CreateAsync(slot, fresh);
                }
                finally
                {
                    // Also after a partial failure: the new one is in the state, the old one waits for its deletion.
                    if (_states[slot] != state) _toDelete.Add((slot, state));
                }

                await DeletePendingAsync();
            }

            return true;
        }

        if (diff.DetailedDiff.Count == 0 && state.InitErrors.Count == 0)
        {
            _states[slot] = state with { Inputs = news };
            return false;
        }

        await UpdateAsync(slot, state, news);
        return true;
    }

    async Task<PropertyMap> CheckAsync(int slot, PropertyMap program, PropertyMap olds)
    {
        var seed = new byte[32];
        (seed[0], seed[1]) = ((byte)_seed, (byte)slot);
        var reply = await CallAsync(() => _rpc.Check(new Wire.CheckRequest
        {
            Urn = UrnOf(slot), Name = $"r{slot}", Type = TypeOf(slot), Olds = ValueCodec.Encode(olds), News = ValueCodec.Encode(program), RandomSeed = ByteString.CopyFrom(seed),
        }));
        if (reply.Failures.Count > 0) throw new InvariantException($"a good program is refused: {reply.Failures}");
        return ValueCodec.Decode(reply.Inputs);
    }

    async Task CreateAsync(int slot, PropertyMap inputs)
    {
        var before = Alive().ToHashSet(StringComparer.Ordinal);
        var blocking = _leftBehind.FirstOrDefault(id => _service.Tasks.TryGetValue(id, out var task) && task.Config.DstUrl == inputs["dstUrl"]?.Text
            && task.State is RelayState.Idle or RelayState.Running or RelayState.Recovering);
        _call = $"Create {TypeOf(slot).Split(':')[^1]}";
        try
        {
            var reply = await CallAsync(() => _rpc.Create(new Wire.CreateRequest { Urn = UrnOf(slot), Name = $"r{slot}", Type = TypeOf(slot), Properties = ValueCodec.Encode(inputs) }));
            _states[slot] = new(reply.Id, inputs, Told(reply.Properties), []);
            if (_healing && blocking is not null) throw new InvariantException($"a second task beside {blocking}, which was left behind");
        }
        catch (RpcException error) when (!_dead && error.Detail<Wire.ErrorResourceInitFailed>() is { } partial)
        {
            _states[slot] = new(partial.Id, inputs, Told(partial.Properties), [.. partial.Reasons]);
            throw;
        }
        catch (RpcException error) when (!_dead && _cancelled && error.Message.Contains("it may exist. Look for it", StringComparison.Ordinal)
            && Alive().Except(before, StringComparer.Ordinal).ToList() is [var left])
        {
            // Nothing more can be known in the little time that the engine leaves a cancelled call.
            _coverage.Note(FaultCoverage.Told, _call);
            _leftBehind.Add(left);
            throw;
        }
        finally
        {
            if (_dead && Alive().Except(before, StringComparer.Ordinal).ToList() is [var left]) _leftBehind.Add(left);
        }
    }

    async Task UpdateAsync(int slot, ResourceState state, PropertyMap news)
    {
        _call = $"Update {TypeOf(slot).Split(':')[^1]}";
        try
        {
            var reply = await CallAsync(() => _rpc.Update(new Wire.UpdateRequest
            {
                Id = state.Id, Urn = UrnOf(slot), Name = $"r{slot}", Type = TypeOf(slot),
                Olds = ValueCodec.Encode(state.Outputs), OldInputs = ValueCodec.Encode(state.Inputs), News = ValueCodec.Encode(news),
            }));
            _states[slot] = state with { Inputs = news, Outputs = Told(reply.Properties), InitErrors = [] };
        }
        catch (RpcException error) when (!_dead && error.Detail<Wire.ErrorResourceInitFailed>() is { } partial)
        {
            _states[slot] = state with { Outputs = Told(partial.Properties), InitErrors = [.. partial.Reasons] };
            throw;
        }
    }

    async Task DeleteAsync(int slot)
    {
        await DeleteAsync(slot, _states[slot]!);
        _states[slot] = null;
    }

    async Task DeleteAsync(int slot, ResourceState state)
    {
        _call = $"Delete {TypeOf(slot).Split(':')[^1]}";
        await CallAsync(() => _rpc.Delete(new Wire.DeleteRequest
        {
            Id = state.Id, Urn = UrnOf(slot), Name = $"r{slot}", Type = TypeOf(slot), Properties = ValueCodec.Encode(state.Outputs), OldInputs = ValueCodec.Encode(state.Inputs),
        }));
        if (Alive().Contains(KeyOf(state.Id), StringComparer.Ordinal)) throw new InvariantException($"r{slot} was deleted and lives");
    }

    async Task<bool> DeletePendingAsync()
    {
        var any = _toDelete.Count > 0;
        while (_toDelete is [var (slot, state), ..])
        {
            await DeleteAsync(slot, state);
            _toDelete.RemoveAt(0);
        }

        return any;
    }

    /// <summary>All at once, as the engine does; the calls of one begin before the answers of another have come.</summary>
    async Task RefreshAsync()
    {
        var slots = InOrder().Where(slot => _states[slot] is not null).ToList();
        var reads = new List<Task>();
        foreach (var slot in slots)
        {
            _moreToCome = slot != slots[^1];
            reads.Add(ReadAsync(slot, _states[slot]!));
        }

        // The answer that the next call would have brought, where that call never came.
        if (_held || _dead) EndPatience();
        await Task.WhenAll(reads);
    }

    async Task ReadAsync(int slot, ResourceState state)
    {
        _call = $"Read {TypeOf(slot).Split(':')[^1]}";
        var reply = await CallAsync(() => _rpc.Read(new Wire.ReadRequest
        {
            Id = state.Id, Urn = UrnOf(slot), Name = $"r{slot}", Type = TypeOf(slot), Properties = ValueCodec.Encode(state.Outputs), Inputs = ValueCodec.Encode(state.Inputs),
        }));
        if (reply.Id.Length > 0)
        {
            _states[slot] = state with { Id = reply.Id, Inputs = Told(reply.Inputs), Outputs = Told(reply.Properties), InitErrors = [] };
            return;
        }

        if (Alive().Contains(KeyOf(state.Id), StringComparer.Ordinal)) throw new InvariantException($"refresh lost r{slot}, which lives");
        _states[slot] = null;
    }

    async Task DestroyAsync()
    {
        await DeletePendingAsync();
        foreach (var slot in InOrder())
        {
            if (_states[slot] is not null) await DeleteAsync(slot);
        }
    }

    /// <summary>Makes a call and judges its failure: nobody is blamed for a fault.</summary>
    async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        if (Interlocked.Increment(ref _open) == 1) _callNumber++;
        try
        {
            var reply = await call();
            return _dead ? throw new RpcException(ProviderStatus.Unavailable, "the plugin is dead") : reply;
        }
        catch (RpcException error)
        {
            if (_dead) throw;
            var text = string.Join('\n', [error.Message, .. error.Detail<Wire.ErrorResourceInitFailed>()?.Reasons ?? []]);
            _errors.AppendLine(text);
            if (error.Code is ProviderStatus.Internal or ProviderStatus.InvalidArgument or ProviderStatus.PermissionDenied or ProviderStatus.Unauthenticated
                || Blame.Any(words => text.Contains(words, StringComparison.Ordinal)))
            {
                throw new InvariantException($"a fault is put on somebody else: {error.Code} {text}");
            }

            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    /// <summary>What the plugin tells of a resource; nothing secret in it is in clear.</summary>
    static PropertyMap Told(Google.Protobuf.WellKnownTypes.Struct reply)
    {
        var told = ValueCodec.Decode(reply);
        Find(told);
        return told;

        static void Find(PropertyValue value)
        {
            if (value is StringValue text && Secrets.FirstOrDefault(secret => text.Value.Contains(secret, StringComparison.Ordinal)) is { } secret)
                throw new InvariantException($"{secret} is in clear in the state");
            if (value is ArrayValue array) foreach (var item in array.Items) Find(item);
            if (value is ObjectValue map) foreach (var member in map.Fields.Values) Find(member);
        }
    }

    HashSet<string> Known() =>
        _states.Where(state => state is not null).Concat(_toDelete.Select(pending => pending.State)).Select(state => KeyOf(state!.Id)).ToHashSet(StringComparer.Ordinal);

    IEnumerable<string> Alive() =>
    [
        .. _service.Tasks.Values.Where(task => task.IsLive).Select(task => task.TaskId),
        .. _service.Monitors.Values.Where(monitor => !monitor.Deleted).Select(monitor => monitor.MonitorId),
    ];

    void Check(string step)
    {
        var known = Known();
        var alive = Alive().ToHashSet(StringComparer.Ordinal);
        _leftBehind.IntersectWith(alive);
        var unknown = alive.Except(known, StringComparer.Ordinal).Except(_leftBehind, StringComparer.Ordinal).ToList();
        if (unknown.Count > 0) throw new InvariantException($"after {step}: {unknown.Count} objects live that the state does not know\n{_errors}");
        if (_service.Conflicts is [var conflict, ..]) throw new InvariantException($"after {step}: two pushes to {conflict.DstUrl}");
        foreach (var secret in Secrets)
        {
            if (_errors.ToString().Contains(secret, StringComparison.Ordinal)) throw new InvariantException($"after {step}: {secret} in an error");
            if (_log.Lines.Any(line => line.Message.Contains(secret, StringComparison.Ordinal))) throw new InvariantException($"after {step}: {secret} in the log");
        }

        _log.Clear();
    }

    void CheckIsAsStated(int slot)
    {
        if (_programs[slot] is not { } program) return;
        var id = KeyOf(_states[slot]!.Id);
        var desired = program["desiredStatus"]?.Text;
        if (slot == FaultProgram.MonitorSlot)
        {
            var monitor = _service.Monitors[id];
            if (monitor.Config.CallbackUrl != (program["callbackUrl"]?.Text ?? "")) throw new InvariantException($"the session has callback {monitor.Config.CallbackUrl}");
            if (desired is not null && monitor.Running != (desired == "Running")) throw new InvariantException($"the session is to be {desired}");
            return;
        }

        var task = _service.Tasks[id];
        if (task.Config.CallbackUrl != (program["callbackUrl"]?.Text ?? "")) throw new InvariantException($"r{slot} has callback {task.Config.CallbackUrl}");
        if (!task.Config.SourceUrls.SequenceEqual([program["sourceUrls"]!.Elements[0].Text!])) throw new InvariantException($"r{slot} has source {task.Config.SourceUrls[0]}");
        if (task.Config.DstUrl != program["dstUrl"]!.Text) throw new InvariantException($"r{slot} has another destination");
        if (desired is not null && task.State != RelayState.Idle && task.OnAir is not null != (desired == "Running")) throw new InvariantException($"r{slot} is to be {desired}, but is {task.State}");
        if (task.OnAir is { } push && !push.SourceUrls.SequenceEqual(task.Config.SourceUrls)) throw new InvariantException($"r{slot} pushes {push.SourceUrls[0]}");
    }

    /// <summary>Temporary keys; a new one when the last has run out.</summary>
    sealed class TokenSource : ICredentialSource
    {
        readonly LiveService _service;
        int _number;
        int _uses;
        int _expiredIn;
        LiveCredentials _current;

        public TokenSource(LiveService service)
        {
            _service = service;
            _current = Next();
        }

        public ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation)
        {
            _uses++;
            return ValueTask.FromResult(_current);
        }

        public void Expire(LiveCredentials stale) => _current = Next();

        /// <summary>False where a key has just run out: none lives so shortly that two run out within one call, or within several at once.</summary>
        /// <param name="call">The number of the provider's call, the same for those that run at once.</param>
        public bool TryExpireCurrent(int call)
        {
            if (_uses < 2 || call == _expiredIn) return false;
            _expiredIn = call;
            _service.ExpireToken(_current.SecurityToken!);
            return true;
        }

        LiveCredentials Next()
        {
            (_number, _uses) = (_number + 1, 0);
            var key = new LiveCredentials($"key-{_number}", "a-KEYSECRET", $"a-KEYTOKEN-{_number}", "test");
            _service.AddAccessKey(key.AccessKeyId, key.AccessKeySecret, key.SecurityToken);
            return key;
        }
    }
}
